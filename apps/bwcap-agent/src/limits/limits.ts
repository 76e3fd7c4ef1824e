/**
 * The table of limits: each parameter of a sliver's two leaves, and the resource that it enforces; and what each
 * leaf may send in a day. Planning and readings are maps over it. Pure.
 */
import type { Rspec } from '@nodemgr/records';
import { type DayBytes, dayBytes } from './day-bytes.ts';
import { type ClassAmounts, type HtbClass, htbClass } from './htb-class.ts';
import type { Branch } from './htb-tree.ts';
import type { LeafLimits, LimitTerms, NetResource } from './limit.ts';
import { maxRate } from './max-rate.ts';
import { minRate } from './min-rate.ts';
import { share } from './share.ts';

interface BranchLimits extends LeafLimits {
  readonly day: DayBytes;
}
type Limits = Readonly<Record<Branch, BranchLimits>>;

/** The resources that a table leaves out, of those that it should have. */
export type Unenforced<Table extends Limits, Resource = NetResource> = Exclude<
  Resource,
  | Table[Branch][keyof ClassAmounts]['resource']
  | Table[Branch]['day']['resource' | 'thresholdResource']
>;

/** Returns the table as it is. One that leaves a resource out does not compile; the error names it. */
function complete<const Table extends Limits>(
  table: Table &
    ([Unenforced<Table>] extends [never] ? unknown : { readonly unenforced: Unenforced<Table> }),
): Table {
  return table;
}

export const LIMITS = complete({
  ordinary: {
    rate: minRate('ordinary'),
    ceil: maxRate('ordinary'),
    quantum: share('ordinary'),
    day: dayBytes('ordinary'),
  },
  exempt: {
    rate: minRate('exempt'),
    ceil: maxRate('exempt'),
    quantum: share('exempt'),
    day: dayBytes('exempt'),
  },
});

/** The parameters of a leaf that enforce a resource, in the order in which operators are shown them. */
export const LIMITED: readonly (keyof ClassAmounts)[] = ['rate', 'ceil', 'quantum'];

function leafFor(rspec: Rspec, { rate, ceil, quantum }: LeafLimits, terms: LimitTerms): HtbClass {
  const asked = {
    rate: rate.wanted(rspec, terms),
    ceil: ceil.wanted(rspec, terms),
    quantum: quantum.wanted(rspec, terms),
  };
  return htbClass(asked, terms.scale.frame);
}

/** leavesFor returns a sliver's two classes, given its effective RSpec. */
export function leavesFor(rspec: Rspec, terms: LimitTerms): Readonly<Record<Branch, HtbClass>> {
  return {
    ordinary: leafFor(rspec, LIMITS.ordinary, terms),
    exempt: leafFor(rspec, LIMITS.exempt, terms),
  };
}
