/** The changes that limits can undergo: the name of each, and what it needs to be rendered. */
import type { AccountName } from '@nodemgr/records';
import type {
  Branch,
  ClassMinor,
  ExemptNetworks,
  Family,
  FixedClass,
  HtbClass,
  NodeTree,
  ObservedLeaves,
  SliverLeaves,
} from '../observed/bandwidth-state.ts';

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

export const FAMILIES: readonly (keyof ExemptNetworks)[] = ['v4', 'v6'];

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
