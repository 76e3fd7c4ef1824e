/**
 * Decides which slivers hold the node by a lease, as the rows that say so. A clock that is not trusted begins no lease
 * and ends none: then what it last said holds, for as long as the authority knows of a lease at all. Pure.
 */
import {
  type EpochSeconds,
  heldUntil,
  isLeases,
  isSliver,
  LEASES_KEY,
  type Lease,
  type LeasesRecord,
  leasesBySlice,
  NO_LOCAL_FACTS,
  nextChange,
  type RecordKey,
  recordKeyOf,
} from '@nodemgr/records';
import type { NodeState, Row } from '../store/node-state.ts';

/** What the clock says, and whether it can be believed. */
export interface LeaseClock {
  readonly now: EpochSeconds;
  readonly clockTrusted: boolean;
}

/** leasesRecordOf returns the record of the node's leases; undefined: it has none. */
export function leasesRecordOf({ records }: Pick<NodeState, 'records'>): LeasesRecord | undefined {
  const record = records.get(LEASES_KEY)?.record;
  return record !== undefined && isLeases(record) ? record : undefined;
}

/** leasesOf returns the leases that count on the node; none where it is not reservable. */
export function leasesOf(state: Pick<NodeState, 'records'>): readonly Lease[] {
  const record = leasesRecordOf(state);
  return record === undefined || record.policy === 'none' ? [] : record.leases;
}

/** When the lease ends by which a sliver with these leases holds the node; 0: it holds none. */
function endOf(leases: readonly Lease[], held: number, { now, clockTrusted }: LeaseClock): number {
  if (clockTrusted) return heldUntil(leases, now) ?? 0;
  return leases.length > 0 ? held : 0;
}

/** decideLeases returns the rows of slivers whose lease begins, ends, or ends at another time. */
export function decideLeases(state: NodeState, clock: LeaseClock): readonly Row[] {
  const groups = leasesBySlice(leasesOf(state));
  const holding = [...state.locals].flatMap(([key, { leased_until }]) =>
    leased_until === 0 ? [] : [key],
  );
  const keys = new Set<RecordKey>(holding);
  for (const name of groups.keys()) keys.add(recordKeyOf('sliver', name));
  return [...keys].flatMap((key): readonly Row[] => {
    const local = state.locals.get(key) ?? NO_LOCAL_FACTS;
    const record = state.records.get(key)?.record;
    const isHere = record !== undefined && isSliver(record);
    const leases = isHere ? (groups.get(record.name) ?? []) : [];
    const leased_until = isHere ? endOf(leases, local.leased_until, clock) : 0;
    return leased_until === local.leased_until
      ? []
      : [{ table: 'locals', key, value: { ...local, leased_until } }];
  });
}

/** nextLeaseChange returns when a lease begins or ends next, of those that count here; undefined: never. */
export function nextLeaseChange(state: NodeState, now: EpochSeconds): EpochSeconds | undefined {
  const isHere = ({ slice }: Lease) => state.records.has(recordKeyOf('sliver', slice));
  return nextChange(leasesOf(state).filter(isHere), now);
}
