/** Decides which rows a delivery changes, and how its sender is answered. Pure. */
import type { DeliveredRemark, DeliveryResult, Unreadable } from '@nodemgr/contracts';
import {
  checkRecord,
  type DeliveredRecord,
  type EpochSeconds,
  type GuardLimits,
  type Ignored,
  intentOf,
  isSliver,
  MAX_KEY_LENGTH,
  NO_LOCAL_FACTS,
  type Protected,
  planFullUpdate,
  type RecordChanges,
  type RecordKey,
  type Rspec,
  recordKeySchema,
  type Source,
  withDefaults,
} from '@nodemgr/records';
import * as z from 'zod';
import { removalRows } from '../expiry/decide-expiry.ts';
import type { Hold, NodeState, Row } from '../store/node-state.ts';
import { endingBy, type Word, wordsOnRemoved } from '../tickets/document-words.ts';
import { lastWordRows } from '../tickets/last-words.ts';
import { ignoredRemark, remarkRows } from './remarks.ts';

/** A full update as db-service sees it: its records not yet checked. */
export interface IncomingUpdate {
  readonly source: Source;
  readonly timestamp: EpochSeconds;
  readonly digest: string;
  /** This boot, if the authority vouched for the update in it. */
  readonly boot_id: string | undefined;
  readonly records: readonly unknown[];
  /** Entries that are no records, found by the check of an update that the guard held back. */
  readonly unusable?: readonly Ignored[];
  readonly unreadable: readonly Unreadable[];
  readonly remarks: readonly DeliveredRemark[];
}

export interface Circumstances {
  /** The machine's time, whether trusted or not. */
  readonly now: EpochSeconds;
  readonly clockTrusted: boolean;
  readonly guard: GuardLimits | 'allowed';
  /** RSpec of a sliver whose record is silent. */
  readonly defaults: Rspec;
  /** The source's last timestamp seen, when later than the one stored (an unchanged update is not stored). */
  readonly vouchedAt?: EpochSeconds | undefined;
}

export interface Decision<Result> {
  readonly rows: readonly Row[];
  readonly result: Result;
}

interface CheckedRecords {
  readonly records: readonly DeliveredRecord[];
  readonly unusable: readonly Ignored[];
}

/**
 * Returns those that are records, each with the update's timestamp, and what is wrong with the others: a bad
 * one holds up nothing but itself.
 */
function checkRecords(candidates: readonly unknown[], timestamp: EpochSeconds): CheckedRecords {
  const records: DeliveredRecord[] = [];
  const unusable: Ignored[] = [];
  for (const candidate of candidates) {
    const checked = checkRecord(candidate);
    if ('record' in checked) records.push({ ...checked.record, timestamp });
    else unusable.push({ record_key: claimedKey(candidate), why: checked.why });
  }
  return { records, unusable };
}

const claimSchema = z.object({ record_key: z.string() });

/**
 * Returns the key that an unusable record claims. It is shown, and the record that is held under it stays;
 * nothing is written under it.
 */
function claimedKey(candidate: unknown): RecordKey {
  const claimed = claimSchema.safeParse(candidate).data?.record_key ?? '(no key)';
  return recordKeySchema.parse(claimed.slice(0, MAX_KEY_LENGTH));
}

/**
 * protectedSlivers returns the slivers that exist, and those of them that should be running. A ticket's
 * do not count: no document removes them but one that says they are over, and by adding some a tenant
 * could make room for a bad one.
 */
export function protectedSlivers(state: NodeState, defaults: Rspec): Protected {
  const existing = new Set<RecordKey>();
  const running = new Set<RecordKey>();
  for (const [key, { record, source }] of state.records) {
    if (!isSliver(record) || source === 'ticket') continue;
    const local = state.locals.get(key) ?? NO_LOCAL_FACTS;
    const effective = withDefaults(record.rspec, defaults);
    const { shouldExist, shouldRun } = intentOf({ record, local, effective });
    if (shouldExist) existing.add(key);
    if (shouldRun) running.add(key);
  }
  return { existing, running };
}

/** putRows writes records of a source; an account that comes back loses the mark of its removal. */
export function putRows(state: NodeState, source: Source, puts: readonly DeliveredRecord[]): Row[] {
  return puts.flatMap((record): Row[] => [
    { table: 'records', key: record.record_key, value: { record, source } },
    ...(state.removed.has(record.record_key)
      ? [{ table: 'removed', key: record.record_key, value: undefined } as const]
      : []),
  ]);
}

/**
 * The source's row, unless it would say what it says already: an unchanged document writes nothing. Where
 * another document changes no record, the time is still that of the last one that did: it is published.
 */
function sourceRows(state: NodeState, incoming: IncomingUpdate, changes: boolean): Row[] {
  const held = state.sources.get(incoming.source);
  const boot_id = incoming.boot_id ?? held?.boot_id;
  const sameBoot = held !== undefined && held.boot_id === boot_id;
  if (sameBoot && held.digest === incoming.digest && !changes) return [];
  const { digest } = incoming;
  const timestamp = sameBoot && !changes ? held.timestamp : incoming.timestamp;
  return [{ table: 'sources', key: incoming.source, value: { timestamp, digest, boot_id } }];
}

function later(a: EpochSeconds | undefined, b: EpochSeconds | undefined): EpochSeconds | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

/** The hold's row. The same update refused again writes one only when there is something new to say. */
function holdRows(state: NodeState, hold: Hold): Row[] {
  const held = state.holds.get(hold.source);
  if (held?.digest !== hold.digest) return [{ table: 'holds', key: hold.source, value: hold }];
  const boot_id = hold.boot_id ?? held.boot_id;
  const same = held.boot_id === boot_id && held.refusal.reason === hold.refusal.reason;
  if (same) return [];
  const { since } = held;
  return [{ table: 'holds', key: hold.source, value: { ...hold, boot_id, since } }];
}

function acceptedRows(
  incoming: IncomingUpdate,
  state: NodeState,
  circumstances: Circumstances,
  { puts, removals }: Omit<RecordChanges, 'ignored'>,
  words: readonly Word[],
  remarks: readonly DeliveredRemark[],
): Row[] {
  const { source, timestamp } = incoming;
  return [
    ...removalRows(state, removals, circumstances),
    ...lastWordRows(state, [...wordsOnRemoved(state, timestamp, removals), ...words]),
    ...putRows(state, source, puts),
    ...remarkRows(state, source, remarks),
    ...sourceRows(state, incoming, puts.length + removals.length > 0),
    ...(state.holds.has(source)
      ? [{ table: 'holds', key: source, value: undefined } as const]
      : []),
  ];
}

/** decideFullUpdate decides on the whole of a source's records. */
export function decideFullUpdate(
  incoming: IncomingUpdate,
  state: NodeState,
  circumstances: Circumstances,
): Decision<DeliveryResult> {
  const { source, timestamp, unreadable, remarks } = incoming;
  const { now, clockTrusted, guard, vouchedAt, defaults } = circumstances;
  const { records, unusable: found } = checkRecords(incoming.records, timestamp);
  const unusable = [...(incoming.unusable ?? []), ...found];
  const decision = planFullUpdate(
    {
      source,
      timestamp,
      records,
      unreadable: new Map(unreadable.map(({ record_key, fields }) => [record_key, fields])),
      unusable: new Set(unusable.map(({ record_key }) => record_key)),
    },
    {
      held: state.records,
      heldTimestamp: later(state.sources.get(source)?.timestamp, vouchedAt),
      slivers: protectedSlivers(state, defaults),
      now: clockTrusted ? now : undefined,
      guard,
    },
  );
  if (decision.outcome === 'stale') return { rows: [], result: decision };
  if (decision.outcome === 'refused') {
    const { refusal } = decision;
    const { digest, boot_id } = incoming;
    const held = { records, unusable, unreadable, remarks };
    const hold: Hold = { source, timestamp, digest, boot_id, since: now, refusal, ...held };
    return { rows: holdRows(state, hold), result: { outcome: 'refused', reason: refusal.reason } };
  }
  const { puts, over } = decision;
  // Only PLC's word counts against tickets: what this node's own configuration names is another matter.
  const ending = endingBy(state, timestamp, source === 'plc' ? over : []);
  const removals = [...decision.removals, ...ending.removals];
  const ignored = [...unusable, ...decision.ignored];
  // What the update itself says is over is as it should be.
  const ended = new Set(over.map(({ record_key }) => record_key));
  const left = ignored.filter(({ record_key }) => !ended.has(record_key));
  const allRemarks = [...remarks, ...left.map(ignoredRemark)];
  const changes = { puts, removals };
  return {
    rows: acceptedRows(incoming, state, circumstances, changes, ending.words, allRemarks),
    result: { outcome: 'accepted', written: puts.length, removed: removals.length, ignored },
  };
}
