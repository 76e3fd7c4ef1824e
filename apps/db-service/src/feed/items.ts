/**
 * Derives what is published from what is held: an item for each record, effective RSpecs included.
 * Pure. Only the items that a change can have touched are derived anew.
 */
import type { FeedEntry, FeedItem } from '@nodemgr/contracts';
import {
  accountName,
  effectiveRspecs,
  epochSeconds,
  isAccount,
  isLeases,
  isSliver,
  type JudgedLoan,
  type Lender,
  NO_LOCAL_FACTS,
  type RecordKey,
  type Rspec,
  recordKeyOf,
  type SliverRecord,
  sliverOfKey,
  TIMESTAMP_KEY,
  withDefaults,
} from '@nodemgr/records';
import {
  type LeasesInForce,
  type LeaseTerms,
  leasedSliver,
  leasesInForce,
} from '../leases/leases-in-force.ts';
import type { NodeState, Row } from '../store/node-state.ts';

/** RSpecs of a state: derived as a whole, because a loan ties slivers together. */
export interface Allocations {
  /** Each sliver's own RSpec (defaults filled in) and loans, by name. */
  readonly lenders: ReadonlyMap<string, Lender>;
  /** Slivers that lend or borrow. */
  readonly effective: ReadonlyMap<string, Rspec>;
  readonly judged: ReadonlyMap<string, readonly JudgedLoan[]>;
}

/** allocate derives the RSpecs of `state`, reusing from `before` those that no row of `rows` touches. */
export function allocate(
  state: NodeState,
  defaults: Rspec,
  before?: Allocations,
  rows: readonly Row[] = [],
): Allocations {
  const lenders = new Map(before?.lenders);
  const keys = before === undefined ? state.records.keys() : keysOf(rows);
  for (const key of keys) refreshLender(lenders, state, key, defaults);
  // A stop or a new key moves no loan: then a thousand slivers' loans need not be judged again.
  if (before !== undefined && sameLenders(before.lenders, lenders, keysOf(rows))) return before;
  return { lenders, ...effectiveRspecs(lenders) };
}

function sameLenders(
  before: Allocations['lenders'],
  after: Allocations['lenders'],
  keys: readonly RecordKey[],
): boolean {
  return keys.every((key) => {
    const name = sliverOfKey(key);
    if (name === undefined) return true;
    const [was, is] = [before.get(name), after.get(name)];
    return was?.loans === is?.loans && sameRspec(was?.rspec, is?.rspec);
  });
}

function keysOf(rows: readonly Row[]): readonly RecordKey[] {
  return rows.flatMap((row) =>
    row.table === 'records' || row.table === 'locals' || row.table === 'removed' ? [row.key] : [],
  );
}

function refreshLender(
  lenders: Map<string, Lender>,
  state: NodeState,
  key: RecordKey,
  defaults: Rspec,
): void {
  const record = state.records.get(key)?.record;
  if (record !== undefined && isSliver(record)) {
    const loans = state.locals.get(key)?.loans ?? NO_LOCAL_FACTS.loans;
    lenders.set(record.name, { rspec: withDefaults(record.rspec, defaults), loans });
    return;
  }
  const name = sliverOfKey(key);
  if (name !== undefined) lenders.delete(name);
}

function timestampItem(state: NodeState): FeedItem | null {
  if (state.sources.size === 0) return null;
  const sources = [...state.sources].map(([source, { timestamp, boot_id }]) => [
    source,
    { timestamp, boot_id: boot_id ?? '' },
  ]);
  const newest = Math.max(...[...state.sources.values()].map(({ timestamp }) => timestamp));
  return {
    kind: 'timestamp',
    timestamp: epochSeconds(newest),
    sources: Object.fromEntries(sources),
  };
}

/** itemFor returns what is published under `key`; null when nothing is. */
export function itemFor(key: RecordKey, { state, allocations, leases }: Derived): FeedItem | null {
  if (key === TIMESTAMP_KEY) return timestampItem(state);
  const held = state.records.get(key);
  if (held === undefined) {
    const removed = state.removed.get(key);
    if (removed === undefined) return null;
    const { reason, removed_at } = removed;
    return { kind: 'removal', reason, removed_at };
  }
  const { record, source } = held;
  if (isLeases(record)) return { kind: 'leases', source, record };
  if (!isAccount(record)) return { kind: 'bwcap', source, record };
  const local = state.locals.get(key) ?? NO_LOCAL_FACTS;
  const common = { kind: 'account', source, record, local } as const;
  if (!isSliver(record)) return { ...common, rspec: {}, effective: {} };
  const rspec = allocations.lenders.get(record.name)?.rspec ?? {};
  const effective = allocations.effective.get(record.name) ?? rspec;
  return { ...common, rspec, ...leasedSliver({ record, local, effective }, leases) };
}

/** allEntries returns the whole of what is published, for a snapshot. */
export function allEntries(derived: Derived): FeedEntry[] {
  const { records, removed } = derived.state;
  const keys = [TIMESTAMP_KEY, ...records.keys(), ...removed.keys()];
  return keys.map((key) => ({ key, item: itemFor(key, derived) }));
}

function sameRspec(a: Rspec | undefined, b: Rspec | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function sameVerdicts(was: readonly JudgedLoan[], is: readonly JudgedLoan[]): boolean {
  return (
    was.length === is.length &&
    was.every(({ loan, verdict }, at) => loan === is[at]?.loan && verdict === is[at].verdict)
  );
}

/** Lenders whose loans, or verdicts on them, are not what they were, and the recipients of those. */
function partnersOfChange(before: Allocations, after: Allocations): ReadonlySet<string> {
  const partners = new Set<string>();
  for (const lender of new Set([...before.judged.keys(), ...after.judged.keys()])) {
    const [was, is] = [before.judged.get(lender) ?? [], after.judged.get(lender) ?? []];
    if (sameVerdicts(was, is)) continue;
    partners.add(lender);
    for (const { loan } of [...was, ...is]) partners.add(loan[0]);
  }
  return partners;
}

/**
 * movedByLoans names the slivers whose loans, in or out, come out differently. Resources are compared only of
 * slivers for which that can be: one change among a thousand loans costs no comparison of the others.
 */
export function movedByLoans(before: Allocations, after: Allocations): readonly string[] {
  const partners = partnersOfChange(before, after);
  const names = new Set([...before.effective.keys(), ...after.effective.keys()]);
  return [...names].filter((name) => {
    const isSame = before.lenders.get(name)?.rspec === after.lenders.get(name)?.rspec;
    if (isSame && !partners.has(name)) return false;
    return !sameRspec(before.effective.get(name), after.effective.get(name));
  });
}

export interface Derived {
  readonly state: NodeState;
  readonly allocations: Allocations;
  readonly leases: LeasesInForce;
}

/** What the configuration adds to a state. */
export interface Terms {
  /** RSpec of a sliver whose record is silent. */
  readonly defaults: Rspec;
  readonly leases: LeaseTerms;
}

/** derive derives what is published of a state, reusing from `before` what no row of `rows` touches. */
export function derive(
  state: NodeState,
  { defaults, leases }: Terms,
  before?: Derived,
  rows: readonly Row[] = [],
): Derived {
  return {
    state,
    allocations: allocate(state, defaults, before?.allocations, rows),
    leases: leasesInForce(state, leases, before, rows),
  };
}

function sliversOf({ records }: NodeState): readonly SliverRecord[] {
  return [...records.values()].flatMap(({ record }) => (isSliver(record) ? [record] : []));
}

/** changedEntries returns the entries that `rows` changed: only what really differs is published. */
export function changedEntries(before: Derived, after: Derived, rows: readonly Row[]): FeedEntry[] {
  const touched = new Set<RecordKey>(keysOf(rows));
  if (rows.some((row) => row.table === 'sources')) touched.add(TIMESTAMP_KEY);
  for (const name of movedByLoans(before.allocations, after.allocations)) {
    touched.add(recordKeyOf('sliver', accountName(name)));
  }
  // Whoever holds the node changes how all stand.
  if (before.leases !== after.leases) {
    for (const { name } of sliversOf(after.state)) touched.add(recordKeyOf('sliver', name));
  }
  return [...touched].flatMap((key) => {
    const item = itemFor(key, after);
    const was = itemFor(key, before);
    return JSON.stringify(item) === JSON.stringify(was) ? [] : [{ key, item }];
  });
}
