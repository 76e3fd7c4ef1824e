/** The changes that limits can undergo: the name of each, and what it needs to be rendered. */
import type { AccountName } from '@nodemgr/records';
import type {
  Branch,
  ExemptNetworks,
  Family,
  FixedClass,
  HtbClass,
  NodeTree,
  SliverLeaves,
} from './bandwidth-state.ts';

interface OnUplink {
  readonly interface: string;
}
interface OfSliver extends OnUplink {
  readonly name: AccountName;
  readonly leaves: SliverLeaves;
}

export interface StepArguments {
  /** Everything of ours on an interface that is not the uplink any more. */
  'remove-tree': OnUplink;
  /** The root, the fixed classes, and an empty table. */
  'install-tree': { readonly tree: NodeTree };
  'change-class': OnUplink & { readonly which: FixedClass; readonly to: HtbClass };
  'add-sliver': OfSliver;
  'change-leaf': OfSliver & { readonly branch: Branch };
  'remove-sliver': OfSliver;
  'add-networks': { readonly family: Family; readonly networks: readonly string[] };
  'remove-networks': { readonly family: Family; readonly networks: readonly string[] };
}

export type StepName = keyof StepArguments;
export type StepOf<Name extends StepName> = { readonly step: Name } & StepArguments[Name];
export type BandwidthStep = { [Name in StepName]: StepOf<Name> }[StepName];

export const FAMILIES: readonly (keyof ExemptNetworks)[] = ['v4', 'v6'];
