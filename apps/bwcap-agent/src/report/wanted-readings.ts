/** A sliver's leaves told as readings: what ought to be in force, and what is. Pure. */
import type { Readings, Wanted } from '@nodemgr/contracts';
import type { Rspec } from '@nodemgr/records';
import { RATES } from '../limits/plan-classes.ts';
import {
  BRANCHES,
  classId,
  type HtbClass,
  minorOf,
  type ObservedLeaves,
  type SliverLeaves,
} from '../observed/bandwidth-state.ts';

interface Told {
  readonly resource: string;
  readonly from: string;
  readonly value: string;
  /** The amount itself, to be compared with the RSpec's; absent where it is of another unit. */
  readonly rate?: number;
}

function classTold(
  leaf: HtbClass,
  id: string,
  resources: { readonly min: string; readonly max: string },
): readonly Told[] {
  const rate = (resource: string, part: string, bits: number): Told => ({
    resource,
    from: `htb ${id} ${part}`,
    value: `${bits} bit/s`,
    rate: bits,
  });
  return [
    rate(resources.min, 'rate', leaf.rate),
    rate(resources.max, 'ceil', leaf.ceil),
    { resource: 'nm_net_share', from: `htb ${id} quantum`, value: `${leaf.quantum} bytes` },
  ];
}

function leavesTold(leaves: ObservedLeaves): readonly Told[] {
  return BRANCHES.flatMap((branch) => {
    const leaf = leaves[branch];
    if (leaf === undefined) return [];
    return classTold(leaf, classId(minorOf(leaves.index, branch)), RATES[branch]);
  });
}

/** readingsOf returns what is in force for a sliver; nothing where it has no leaves. */
export function readingsOf(leaves: ObservedLeaves | undefined): Readings['readings'] {
  if (leaves === undefined) return [];
  return leavesTold(leaves).map(({ resource, from, value }) => ({ resource, from, value }));
}

/** wantedReadings returns what ought to be; `effective` is undefined where no record names the sliver. */
export function wantedReadings(
  leaves: SliverLeaves | undefined,
  effective: Rspec | undefined,
): readonly Wanted[] {
  if (leaves === undefined) return [];
  return leavesTold(leaves).map(({ resource, from, value, rate }) => {
    const asked = effective?.[resource];
    const isCut = rate !== undefined && asked !== undefined && asked !== rate;
    const how = isCut
      ? `brought from ${asked} into what the link, its own ceiling and the other slivers leave`
      : '';
    return { resource, from, value, ...(how === '' ? {} : { how }) };
  });
}
