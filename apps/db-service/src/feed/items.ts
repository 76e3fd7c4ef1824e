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
  type Loan,
  type LoanOutcome,
  NO_LOCAL_FACTS,
  type RecordKey,
  type Rspec,
  recordKeyOf,
  type SliverRecord,
  sliverOfKey,
  TIMESTAMP_KEY,
  withDefaults,
  withLoansOf,
} from '@nodemgr/records';
import {
  type LeasesInForce,
  type LeaseTerms,
  leasedSliver,
  leasesInForce,
} from '../leases/leases-in-force.ts';
import type { NodeState, Row } from '../store/node-state.ts';

/** RSpecs of a state: derived as a whole, because a loan ties slivers together. */
export interface Allocations extends LoanOutcome {
  /** Each sliver's own RSpec, defaults filled in, by name. While no record changes, it is the same map. */
  readonly owned: ReadonlyMap<string, Rspec>;
}

/** allocate derives the RSpecs of `state`, reusing from `before` those that no row of `rows` touches. */
export function allocate(
  state: NodeState,
  defaults: Rspec,
  before?: Allocations,
  rows: readonly Row[] = [],
): Allocations {
  const owned = ownedIn(state, defaults, before?.owned, rows);
  if (owned !== before?.owned) return { owned, ...effectiveRspecs(lendersIn(state, owned)) };
  const loans = loansSetBy(rows, state, before);
  // A stop or a new key moves no loan: then a thousand slivers' loans need not be judged again.
  return loans.size === 0 ? before : { owned, ...withLoansOf(loans, before, owned) };
}

/** ownedIn returns `before` itself where no row changes any sliver's own RSpec. */
function ownedIn(
  state: NodeState,
  defaults: Rspec,
  before: Allocations['owned'] | undefined,
  rows: readonly Row[],
): Allocations['owned'] {
  const keys = before === undefined ? state.records.keys() : keysOf(rows, 'records');
  const changes = new Map<string, Rspec | undefined>();
  for (const key of keys) {
    const name = sliverOfKey(key);
    if (name === undefined) continue;
    const record = state.records.get(key)?.record;
    const is = record && isSliver(record) ? withDefaults(record.rspec, defaults) : undefined;
    if (!sameRspec(before?.get(name), is)) changes.set(name, is);
  }
  if (before !== undefined && changes.size === 0) return before;
  const owned = new Map(before);
  for (const [name, rspec] of changes) {
    if (rspec === undefined) owned.delete(name);
    else owned.set(name, rspec);
  }
  return owned;
}

function lendersIn(state: NodeState, owned: Allocations['owned']): ReadonlyMap<string, Lender> {
  const lenders = new Map<string, Lender>();
  for (const [name, rspec] of owned) lenders.set(name, { rspec, loans: loansOf(name, state) });
  return lenders;
}

const loansOf = (name: string, { locals }: NodeState): readonly Loan[] =>
  (locals.get(recordKeyOf('sliver', accountName(name))) ?? NO_LOCAL_FACTS).loans;

/** loansSetBy returns the loans of slivers that lend now what they have not lent before. */
function loansSetBy(
  rows: readonly Row[],
  state: NodeState,
  { owned, judged }: Allocations,
): ReadonlyMap<string, readonly Loan[]> {
  const set = new Map<string, readonly Loan[]>();
  for (const key of keysOf(rows, 'locals')) {
    const name = sliverOfKey(key);
    if (name === undefined || !owned.has(name)) continue;
    const [was, is] = [judged.get(name) ?? NO_LOANS, loansOf(name, state)];
    const isSame = was.length === is.length && was.every(({ loan }, at) => loan === is[at]);
    if (!isSame) set.set(name, is);
  }
  return set;
}

const NO_LOANS: readonly JudgedLoan[] = [];

function keysOf(rows: readonly Row[], ...tables: readonly Row['table'][]): readonly RecordKey[] {
  return rows.flatMap((row) =>
    (row.table === 'records' || row.table === 'locals' || row.table === 'removed') &&
    tables.includes(row.table)
      ? [row.key]
      : [],
  );
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
  const rspec = allocations.owned.get(record.name) ?? {};
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
  if (was === is) return true;
  return (
    was.length === is.length &&
    was.every(({ loan, verdict }, at) => loan === is[at]?.loan && verdict === is[at].verdict)
  );
}

/** partnersOfChange returns lenders whose loans, or verdicts on them, are not what they were, and their recipients. */
export function partnersOfChange(before: Allocations, after: Allocations): ReadonlySet<string> {
  const partners = new Set<string>();
  const look = (lender: string) => {
    const was = before.judged.get(lender) ?? NO_LOANS;
    const is = after.judged.get(lender) ?? NO_LOANS;
    if (sameVerdicts(was, is)) return;
    partners.add(lender);
    for (const { loan } of was) partners.add(loan[0]);
    for (const { loan } of is) partners.add(loan[0]);
  };
  for (const lender of after.judged.keys()) look(lender);
  for (const lender of before.judged.keys()) if (!after.judged.has(lender)) look(lender);
  return partners;
}

/**
 * movedByLoans names the slivers that lend or borrow and whose RSpec after loans is another. Where no record has
 * changed, only the partners of a change are looked at: one among a thousand loans costs no comparison of the others.
 */
export function movedByLoans(before: Allocations, after: Allocations): readonly string[] {
  if (before === after) return [];
  const names =
    before.owned === after.owned
      ? partnersOfChange(before, after)
      : new Set([...before.effective.keys(), ...after.effective.keys()]);
  return [...names].filter(
    (name) => !sameRspec(before.effective.get(name), after.effective.get(name)),
  );
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
  const touched = new Set<RecordKey>(keysOf(rows, 'records', 'locals', 'removed'));
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
