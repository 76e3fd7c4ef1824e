/** `nm_net_max_rate` and `nm_net_exempt_max_rate`: the ceilings of a sliver's leaves. Pure. */
import { amountOf, type BitsPerSecond, bitsPerSecond, type Rspec } from '@nodemgr/records';
import type { Branch } from './htb-tree.ts';
import { type LeafLimit, linkRate, type NetResource } from './limit.ts';

const RESOURCES = {
  ordinary: 'nm_net_max_rate',
  exempt: 'nm_net_exempt_max_rate',
} as const satisfies Record<Branch, NetResource>;

/** The resources that promise a rate: also a ceiling that is cut for the day is no lower. */
export const MIN_RATES = {
  ordinary: 'nm_net_min_rate',
  exempt: 'nm_net_exempt_min_rate',
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
    wanted(rspec, { scale: { link }, dayRates }) {
      const ceiling = ceilingOf(rspec, branch, link);
      const rest = dayRates?.[branch];
      if (rest === undefined) return ceiling;
      // What is promised is promised for the whole day.
      const promised = amountOf(rspec, MIN_RATES[branch]);
      return bitsPerSecond(Math.min(ceiling, Math.max(rest, promised)));
    },
  };
}
