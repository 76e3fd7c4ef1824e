/**
 * `nm_net_min_rate` and `nm_net_exempt_min_rate`: what a sliver's leaves send whatever the others do. Pure.
 * Min rates that add up to more than there is are cut for everyone in the same proportion.
 */
import { amountOf, type BitsPerSecond, bitsPerSecond, type Rspec } from '@nodemgr/records';
import { MIN_RATE } from './htb-class.ts';
import type { Branch } from './htb-tree.ts';
import { type Cut, type LeafLimit, within } from './limit.ts';
import { ceilingOf, MIN_RATES } from './max-rate.ts';

/** A rate in each branch. */
export type Budget = Readonly<Record<Branch, BitsPerSecond>>;

/**
 * minRateOf returns what a sliver is promised in one branch, before any cut: never more than its own
 * ceiling, which it may have lent away, and which HTB would lift to the rate.
 */
export function minRateOf(rspec: Rspec, branch: Branch, link: BitsPerSecond): BitsPerSecond {
  const promised = amountOf(rspec, MIN_RATES[branch]);
  return bitsPerSecond(within(promised, MIN_RATE, ceilingOf(rspec, branch, link)));
}

/** cutOf returns the factor that min rates are cut by, given what there is and what they add up to. */
export function cutOf(budget: Budget, promised: Budget): Cut {
  return {
    ordinary: Math.min(1, budget.ordinary / promised.ordinary),
    exempt: Math.min(1, budget.exempt / promised.exempt),
  };
}

/** minRate makes the limit of one branch. */
export function minRate<B extends Branch>(
  branch: B,
): LeafLimit<(typeof MIN_RATES)[B], BitsPerSecond> {
  return {
    resource: MIN_RATES[branch],
    wanted: (rspec, { scale, cut }) =>
      bitsPerSecond(minRateOf(rspec, branch, scale.link) * cut[branch]),
  };
}
