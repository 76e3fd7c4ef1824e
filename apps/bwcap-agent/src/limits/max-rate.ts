/** `nm_net_max_rate` and `nm_net_exempt_max_rate`: the ceilings of a sliver's leaves. Pure. */
import { amountOf, type BitsPerSecond, type Rspec } from '@nodemgr/records';
import type { Branch } from './htb-tree.ts';
import { type LeafLimit, linkRate, type NetResource } from './limit.ts';

const RESOURCES = {
  ordinary: 'nm_net_max_rate',
  exempt: 'nm_net_exempt_max_rate',
} as const satisfies Record<Branch, NetResource>;

/** ceilingOf returns a sliver's ceiling in one branch: no more than the link, and never nothing at all. */
export function ceilingOf(rspec: Rspec, branch: Branch, link: BitsPerSecond): BitsPerSecond {
  return linkRate(amountOf(rspec, RESOURCES[branch]), link);
}

/** maxRate makes the limit of one branch. */
export function maxRate<B extends Branch>(
  branch: B,
): LeafLimit<(typeof RESOURCES)[B], BitsPerSecond> {
  return {
    resource: RESOURCES[branch],
    wanted: (rspec, { scale }) => ceilingOf(rspec, branch, scale.link),
  };
}
