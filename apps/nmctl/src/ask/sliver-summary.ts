/**
 * Brings together what the daemons know of each sliver: its record, what the machine has,
 * what fails. Any part may be missing because its daemon is away. Pure.
 */
import { type AccountItem, feedItemSchema, type ObservedAccountView } from '@nodemgr/contracts';
import { intentOf, RAISED, RESOURCE_NAMES, type RestReason } from '@nodemgr/records';
import type { Page } from '../render/render-line.ts';
import { momentText } from '../render/render-time.ts';
import { type Answer, heard } from './answer.ts';
import type { DaemonFailure } from './node-status.ts';

export interface SliverSummary {
  readonly name: string;
  readonly item: AccountItem | undefined;
  /** Why there is no item; undefined when there is one, or when db-service is away. */
  readonly lacks: 'no record' | 'its record cannot be read' | undefined;
  /** Its state as account-supervisor has it; 'absent' when it has none, 'unknown' when it is away. */
  readonly state: string;
  readonly failures: readonly DaemonFailure[];
}

type NamedItem = { readonly name: string; readonly item?: unknown };

/** accountItemOf reads a feed item that an operator call carries; undefined when it is no account's. */
export function accountItemOf(item: unknown): AccountItem | undefined {
  const read = feedItemSchema.safeParse(item);
  return read.success && read.data.kind === 'account' ? read.data : undefined;
}

const isDelegate = (item: AccountItem | undefined): boolean =>
  item?.record.account_type === 'delegate';

/**
 * summariseSlivers returns the slivers of the node, by name: those with a record and those that the
 * machine has without one. What is known to be a delegate is left out.
 */
export function summariseSlivers(
  accounts: Answer<readonly NamedItem[]>,
  observed: Answer<readonly ObservedAccountView[]>,
  failures: readonly DaemonFailure[],
): readonly SliverSummary[] {
  const items = new Map(
    (heard(accounts) ?? []).map(({ name, item }) => [name, accountItemOf(item)] as const),
  );
  const states = new Map((heard(observed) ?? []).map(({ name, state }) => [name, state]));
  const unseen = observed.answered ? 'absent' : 'unknown';
  const names = [...new Set([...items.keys(), ...states.keys()])].sort();
  return names
    .filter((name) => !isDelegate(items.get(name)) && states.get(name) !== 'delegate')
    .map((name) => ({
      name,
      item: items.get(name),
      lacks: lackOf(items, name, accounts.answered),
      state: states.get(name) ?? unseen,
      failures: failuresAbout(name, failures),
    }));
}

function lackOf(
  items: ReadonlyMap<string, AccountItem | undefined>,
  name: string,
  isKnown: boolean,
): SliverSummary['lacks'] {
  if (!isKnown || items.get(name) !== undefined) return undefined;
  return items.has(name) ? 'its record cannot be read' : 'no record';
}

/** failuresAbout returns the failures of the account `name`. */
export function failuresAbout(
  name: string,
  failures: readonly DaemonFailure[],
): readonly DaemonFailure[] {
  return failures.filter(({ code, subject }) => code === 'account' && subject === name);
}

const REST_TEXTS: Readonly<Record<RestReason, string>> = {
  'not created': 'waits for CreateSliver',
  disabled: 'disabled (nm_enabled is 0)',
  stopped: 'stopped by the API',
  leases: 'has no lease now',
};

/** restTextOf returns why a sliver is not meant to run, in words; undefined when it is meant to. */
export function restTextOf(item: AccountItem): string | undefined {
  const { restReason } = intentOf(item);
  const { holder } = item.lease ?? {};
  if (restReason === 'leases' && holder !== undefined) return `${holder} has the node by a lease`;
  return restReason && REST_TEXTS[restReason];
}

/** leaseTextOf returns the lease that a sliver has now, in words; undefined when it has none. */
export function leaseTextOf(
  { lease }: AccountItem,
  page: Pick<Page, 'now' | 'width'>,
): string | undefined {
  if (lease?.standing !== 'holds' || lease.until === undefined) return undefined;
  const raised = lease.raised === undefined ? '' : `, with ${lease.raised} times its shares`;
  return `has the node until ${momentText(lease.until * 1000, page)}${raised}`;
}

/** raisedTimes returns how many times as much of a resource a sliver has by its lease; 1 without one. */
export function raisedTimes({ lease }: AccountItem, resource: string): number {
  return RAISED.some((name) => name === resource) ? (lease?.raised ?? 1) : 1;
}

/** orderedResources names a sliver's resources: ours in the catalogue's order, then the others by name. */
export function orderedResources({ rspec, effective }: AccountItem): readonly string[] {
  const given = new Set([...Object.keys(rspec), ...Object.keys(effective)]);
  const ours = RESOURCE_NAMES.filter((name) => given.delete(name));
  return [...ours, ...[...given].sort()];
}

/** summaryJson returns a summary as programs get it: flat, with the field names of the records. */
export function summaryJson({ name, item, state, failures, lacks }: SliverSummary): unknown {
  if (item === undefined) return { name, state, lacks: lacks ?? null, failures };
  const { record, source, local, rspec, effective } = item;
  return {
    name,
    state,
    source,
    origin: intentOf(item).origin,
    expiry: record.expiry ?? null,
    stopped: local.stopped,
    rspec,
    effective,
    lease: item.lease ?? null,
    failures,
  };
}
