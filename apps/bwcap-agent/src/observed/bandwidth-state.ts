/** What the kernel has of the node's bandwidth limits, as data. Pure. */
import type { AccountName, HostUid } from '@nodemgr/records';
import type { ExemptNetworks } from '../desired/exempt-networks.ts';
import type { HtbClass } from '../limits/htb-class.ts';
import type { Branch, ClassMinor, FixedClass, LeafIndex } from '../limits/htb-tree.ts';

/** The tree that our root has: the root itself, and those of its classes that nobody has taken away. */
export interface ObservedTree extends Readonly<Partial<Record<FixedClass, HtbClass>>> {
  readonly interface: string;
}

/** A place among the leaves, and the user ids whose packets go there: `first` to `last`, both included. */
export interface Mapping {
  readonly index: LeafIndex;
  readonly first: HostUid;
  readonly last: HostUid;
}

/** A sliver's leaves in the kernel: its user ids are known, and the classes may not be there. */
export interface ObservedLeaves extends Mapping, Readonly<Partial<Record<Branch, HtbClass>>> {}

/** withoutClasses returns slivers as they are when the tree that their classes were in has gone. */
export function withoutClasses(
  slivers: ReadonlyMap<AccountName, ObservedLeaves>,
): Map<AccountName, ObservedLeaves> {
  return new Map(
    [...slivers].map(([name, { index, first, last }]) => [name, { index, first, last }]),
  );
}

export interface BandwidthState {
  /** The tree on the uplink; undefined: there is none. */
  readonly tree: ObservedTree | undefined;
  /** Whether our table is there, with all its rules. Where it is not, no sliver and no network is known. */
  readonly table: boolean;
  readonly slivers: ReadonlyMap<AccountName, ObservedLeaves>;
  readonly networks: ExemptNetworks;
  /** Leaves in our tree that no sliver's packets go to. */
  readonly strays: ReadonlySet<ClassMinor>;
  /** Other interfaces that have a tree of ours. */
  readonly elsewhere: ReadonlySet<string>;
  /** A root qdisc of someone else's where our tree would be, as tc writes it: `tbf 8001:`. */
  readonly inTheWay?: string;
}

export const NOTHING_INSTALLED: BandwidthState = Object.freeze({
  tree: undefined,
  table: false,
  slivers: new Map(),
  networks: { v4: new Set<string>(), v6: new Set<string>() },
  strays: new Set<ClassMinor>(),
  elsewhere: new Set<string>(),
});
