/**
 * The history of a node: what happened to each account, why, and by whom. db-service keeps the events of
 * records, loans and calls; account-supervisor those of the machine; bwcap-agent those of what slivers send in
 * a day. Schemas and bounds only.
 */
import { type AccountName, accountNameSchema, revisionSchema } from '@nodemgr/records';
import * as z from 'zod';
import { method } from './call.ts';

export const EVENT_KINDS = [
  // db-service: what was asked for.
  'record-created',
  'record-changed',
  'record-removed',
  'loans-set',
  'started',
  'stopped',
  'sliver-created',
  'sliver-deleted',
  'update-held',
  'update-allowed',
  'effective-changed',
  /** By the leases of a reservable node. */
  'lease-began',
  'lease-changed',
  'lease-ended',
  /** A part of what a source wrote about the account cannot be used; later that is over. */
  'trouble',
  'trouble-over',
  // account-supervisor: what was done about it, and what the kernel did by itself.
  'account-made',
  'account-changed',
  'account-removed',
  'cpu-weight-changed',
  /** Another limit that follows from what all slivers ask for. */
  'share-changed',
  'sliver-started',
  'sliver-stopped',
  'scripts-run',
  'sliver-died',
  'files-kept',
  'files-restored',
  'files-purged',
  'failed',
  'works-again',
  'oom-kill',
  'tasks-limit',
  // bwcap-agent: by the daily byte limits.
  'rate-cut',
  'rate-cut-over',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Authors of events. */
export const AUTHORS = [
  'plc',
  'config',
  'ticket',
  /** `name` is the caller, where it is known. */
  'api-caller',
  'operator',
  'guard',
  'clock',
  'kernel',
  'supervisor',
  'bwcap-agent',
] as const;

/** The author of an event or of a decision. */
export const authorSchema = z.strictObject({
  kind: z.enum(AUTHORS),
  name: z.string().max(64).optional(),
});
export type EventAuthor = z.infer<typeof authorSchema>;

/** The subject of events that concern no single account; no account has that name, for theirs have a `_`. */
export const NODE_SUBJECT = 'node';
export type EventSubject = AccountName | typeof NODE_SUBJECT;
export const eventSubjectSchema = z.union([accountNameSchema, z.literal(NODE_SUBJECT)], {
  error: `wants the name of an account, or '${NODE_SUBJECT}'`,
});

/** Longest reason (UTF-16 code units). */
export const MAX_WHY = 500;

/** More resources than there are. */
const MAX_RESOURCES_SET = 64;

/** Milliseconds since 1970. */
const epochMs = z.int().nonnegative();

export const eventSchema = z.strictObject({
  at: epochMs,
  account: eventSubjectSchema,
  what: z.enum(EVENT_KINDS),
  why: z.string().max(MAX_WHY),
  by: authorSchema,
  /** Of what an agent has done: the feed's revision that it was decided by. */
  revision: revisionSchema.optional(),
  /** The resources of which it set the limits that are enforced. */
  resources: z.array(z.string().max(64)).max(MAX_RESOURCES_SET).optional(),
});
export type NodeEvent = z.infer<typeof eventSchema>;
/** An event apart from when it happened. */
export type EventContent = Omit<NodeEvent, 'at'>;

/** eventText returns `text` as an event holds it: one line, cut where it is too long. */
export function eventText(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_WHY ? line : `${line.slice(0, MAX_WHY - 2)} …`;
}

/** Events kept of each account, by each daemon that keeps a history. */
export const EVENTS_KEPT = 1000;
/** How long an event is kept (milliseconds): 30 days. */
export const EVENTS_KEPT_MS = 30 * 86_400_000;
/** Kept besides, of those that other slivers bring about. */
export const EVENTS_KEPT_OF_OTHERS = 250;

/** Kinds that one sliver causes in another by its loans and shares: they must not push the other's history out. */
const BY_OTHERS: ReadonlySet<EventKind> = new Set([
  'effective-changed',
  'cpu-weight-changed',
  'share-changed',
]);

/** isByOthers reports whether events of this kind are counted apart, because other slivers cause them. */
export function isByOthers(kind: EventKind): boolean {
  return BY_OTHERS.has(kind);
}

/** Events in one answer. */
export const MAX_EVENTS = 10_000;

const eventsQuery = z.strictObject({
  /** Absent: of all accounts, and of the node itself. */
  name: eventSubjectSchema.optional(),
  limit: z.int().min(1).max(MAX_EVENTS),
  /** Only what happened at this time or later. */
  since: epochMs.optional(),
});
export type EventsQuery = z.infer<typeof eventsQuery>;

const eventsAnswer = z.object({
  /** The newest ones that match, oldest first. */
  events: z.array(eventSchema).max(MAX_EVENTS),
  /** There are older ones that match too. */
  more: z.boolean(),
});
export type EventsAnswer = z.infer<typeof eventsAnswer>;

/** The operator's question to the daemons that keep a history. */
export const eventsMethod = method(eventsQuery, eventsAnswer);
