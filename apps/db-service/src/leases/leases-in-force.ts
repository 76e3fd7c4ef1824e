/** The leases in force, and what they make of each sliver: derived from the state, and published with it. Pure. */
import type { AccountItem } from '@nodemgr/contracts';
import {
  type AccountName,
  epochSeconds,
  isSystem,
  LEASES_KEY,
  type LocalFacts,
  type Reservation,
  type Rspec,
  raisedShares,
  type SliverRecord,
  sliverOfKey,
  standingOf,
} from '@nodemgr/records';
import type { NodeState, Row } from '../store/node-state.ts';
import { leasesRecordOf } from './decide-leases.ts';

/** What the configuration says of leases. */
export interface LeaseTerms {
  readonly besideHolder: Reservation['besideHolder'];
  /** How many times its own shares a holder has where the others run on. */
  readonly raise: number;
}

export interface LeasesInForce {
  readonly reservation: Reservation;
  readonly raise: number;
  readonly holders: ReadonlySet<AccountName>;
}

function holdersIn({ records, locals }: NodeState): ReadonlySet<AccountName> {
  const holders = new Set<AccountName>();
  for (const [key, { leased_until }] of locals) {
    const name = leased_until > 0 && records.has(key) ? sliverOfKey(key) : undefined;
    if (name !== undefined) holders.add(name);
  }
  return holders;
}

/** Whether rows that led from `before` to the state now can have changed anything about leases. */
function concernsLeases(before: NodeState, rows: readonly Row[]): boolean {
  return rows.some((row) => {
    if (row.table === 'records')
      return row.key === LEASES_KEY || isHolder(before.locals.get(row.key));
    if (row.table !== 'locals') return false;
    return before.locals.get(row.key)?.leased_until !== row.value?.leased_until;
  });
}

const isHolder = (local: LocalFacts | undefined): boolean => (local?.leased_until ?? 0) > 0;

/** leasesInForce derives the leases in force; from `before` on, only where `rows` can have changed them. */
export function leasesInForce(
  state: NodeState,
  { besideHolder, raise }: LeaseTerms,
  before?: { readonly state: NodeState; readonly leases: LeasesInForce },
  rows: readonly Row[] = [],
): LeasesInForce {
  if (before !== undefined && !concernsLeases(before.state, rows)) return before.leases;
  const policy = leasesRecordOf(state)?.policy ?? 'none';
  return { reservation: { policy, besideHolder }, raise, holders: holdersIn(state) };
}

/** What leases make of one sliver: how it stands, and its effective RSpec. */
export interface Leased {
  readonly effective: Rspec;
  /** Absent on a node that is not reservable. */
  readonly lease?: AccountItem['lease'];
}

/** leasedSliver returns what the leases in force make of a sliver that has `effective` without them. */
export function leasedSliver(
  { record, local, effective }: { record: SliverRecord; local: LocalFacts; effective: Rspec },
  { reservation, raise, holders }: LeasesInForce,
): Leased {
  const { policy, besideHolder } = reservation;
  if (policy === 'none') return { effective };
  const sliver = { name: record.name, isSystem: isSystem(record.rspec) };
  const standing = standingOf(reservation, sliver, holders);
  if (standing === 'runs') return { effective, lease: { standing } };
  if (standing === 'rests') {
    const [holder] = [...holders].sort();
    return { effective, lease: { standing, ...(holder === undefined ? {} : { holder }) } };
  }
  const until = epochSeconds(local.leased_until);
  const raised = policy === 'lease_or_shared' && besideHolder === 'raise';
  return raised
    ? { effective: raisedShares(effective, raise), lease: { standing, until, raised: raise } }
    : { effective, lease: { standing, until } };
}
