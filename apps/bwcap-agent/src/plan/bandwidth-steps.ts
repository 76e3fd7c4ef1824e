/** The steps that change the limits: the name of each, and what it needs to be rendered. Pure. */
import type { AccountName } from '@nodemgr/records';
import type { Family } from '../desired/exempt-networks.ts';
import type { HtbClass } from '../limits/htb-class.ts';
import type { Branch, ClassMinor, FixedClass } from '../limits/htb-tree.ts';
import type { ObservedLeaves } from '../observed/bandwidth-state.ts';
import type { SliverLeaves } from './plan-bandwidth.ts';
import type { NodeTree } from './plan-tree.ts';

interface OnUplink {
  readonly interface: string;
}
interface OfSliver extends OnUplink {
  readonly name: AccountName;
  readonly leaves: SliverLeaves;
}

export interface StepArguments {
  /** Our tree on an interface that is not the uplink any more. */
  'remove-tree': OnUplink;
  /** The root and the fixed classes. */
  'install-tree': { readonly tree: NodeTree };
  /** The table with its rules and no elements, in place of whatever is left of it. */
  'install-table': Readonly<Record<never, never>>;
  'change-class': OnUplink & { readonly which: FixedClass; readonly to: HtbClass };
  'add-sliver': OfSliver;
  'change-leaf': OfSliver & { readonly branch: Branch };
  'remove-sliver': OnUplink & { readonly name: AccountName; readonly leaves: ObservedLeaves };
  /** A leaf that no sliver's packets go to. */
  'remove-stray': OnUplink & { readonly minor: ClassMinor };
  'add-networks': { readonly family: Family; readonly networks: readonly string[] };
  'remove-networks': { readonly family: Family; readonly networks: readonly string[] };
}

export type StepName = keyof StepArguments;
export type StepOf<Name extends StepName> = { readonly step: Name } & StepArguments[Name];
export type BandwidthStep = { [Name in StepName]: StepOf<Name> }[StepName];

const LARGE_STEPS: ReadonlySet<StepName> = new Set([
  'remove-tree',
  'install-tree',
  'install-table',
]);

/**
 * isLarge reports whether a step makes or removes a root or the table. The kernel is read again at once
 * afterwards: such a step leaves much to go wrong, and what the kernel tells of it looks like what others do.
 */
export function isLarge({ step }: BandwidthStep): boolean {
  return LARGE_STEPS.has(step);
}
