/** A sliver's leaves told as readings: what ought to be in force, and what is. Pure. */
import type { Reading, Readings, Wanted } from '@nodemgr/contracts';
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

/** Every limit of a leaf is an amount. */
type Told = Omit<Reading, 'used' | 'amount'> & { readonly amount: number };

function classTold(
  leaf: HtbClass,
  id: string,
  resources: { readonly min: string; readonly max: string },
): readonly Told[] {
  const told = (resource: string, part: 'rate' | 'ceil' | 'quantum'): Told => ({
    resource,
    from: `htb ${id} ${part}`,
    amount: leaf[part],
    unit: part === 'quantum' ? 'bytes' : 'bit/s',
  });
  return [
    told(resources.min, 'rate'),
    told(resources.max, 'ceil'),
    told('nm_net_share', 'quantum'),
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
  return [...leavesTold(leaves)];
}

/** wantedReadings returns what ought to be; `effective` is undefined where no record names the sliver. */
export function wantedReadings(
  leaves: SliverLeaves | undefined,
  effective: Rspec | undefined,
): readonly Wanted[] {
  if (leaves === undefined) return [];
  return leavesTold(leaves).map((told) => {
    const asked = effective?.[told.resource];
    const isCut = told.unit === 'bit/s' && asked !== undefined && asked !== told.amount;
    if (!isCut) return told;
    const how = `brought from ${asked} into what the link, its own ceiling and the other slivers leave`;
    return { ...told, how };
  });
}
