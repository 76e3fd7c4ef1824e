/**
 * Decides what bandwidth limits there should be: for the node, and for those slivers that are asked about.
 * Pure. The amounts come from the table of limits.
 */
import type { AccountName, Rspec } from '@nodemgr/records';
import { type ExemptNetworks, exemptNetworks } from '../desired/exempt-networks.ts';
import type { NodeDemand } from '../desired/node-demand.ts';
import type { SliverDemand } from '../desired/sliver-demand.ts';
import type { HtbClass } from '../limits/htb-class.ts';
import type { Branch, LeafIndex } from '../limits/htb-tree.ts';
import { type Cut, type Scale, scaleOf } from '../limits/limit.ts';
import { leavesFor } from '../limits/limits.ts';
import type { Mapping, ObservedLeaves } from '../observed/bandwidth-state.ts';
import { type NodeTree, planTree } from './plan-tree.ts';

/** What does not depend on any sliver. */
export interface NodePlan {
  readonly tree: NodeTree;
  readonly networks: ExemptNetworks;
  readonly scale: Scale;
}

/** planNode returns what does not depend on any sliver. */
export function planNode({ interface: uplink, link, mtu, cap, exemptIps }: NodeDemand): NodePlan {
  const scale = scaleOf(link, mtu, cap);
  return { scale, tree: planTree(uplink, scale, cap), networks: exemptNetworks(exemptIps) };
}

/** A sliver's two leaves. */
export interface SliverLeaves extends Mapping, Readonly<Record<Branch, HtbClass>> {}

/** What is wanted of the node, and of those slivers that are in `slivers` (undefined: it is to go). */
export interface WantedState {
  readonly tree: NodeTree;
  readonly networks: ExemptNetworks;
  readonly slivers: ReadonlyMap<AccountName, SliverLeaves | undefined>;
}

/** What slivers' leaves are decided by. */
export interface Grounds {
  readonly node: NodePlan;
  readonly cut: Cut;
  /** For slivers that no record names and that have no limits yet. */
  readonly defaults: Rspec;
  readonly demands: ReadonlyMap<AccountName, SliverDemand>;
  /** The place of every sliver that is asked about and has a demand. */
  readonly places: ReadonlyMap<AccountName, LeafIndex>;
  /** What the kernel has: a sliver that no record names keeps that. */
  readonly held: ReadonlyMap<AccountName, ObservedLeaves>;
}

function planSliver(name: AccountName, grounds: Grounds): SliverLeaves | undefined {
  const { node, cut, defaults, demands, places } = grounds;
  const demand = demands.get(name);
  const index = places.get(name);
  if (demand === undefined || index === undefined) return undefined;
  const { first, last, rspec, dayRates } = demand;
  const held = grounds.held.get(name);
  if (rspec === undefined && held?.ordinary !== undefined && held.exempt !== undefined) {
    return { index, first, last, ordinary: held.ordinary, exempt: held.exempt };
  }
  const terms = { scale: node.scale, cut, dayRates };
  return { index, first, last, ...leavesFor(rspec ?? defaults, terms) };
}

/** planBandwidth returns what is wanted of the node and of the slivers `names`. */
export function planBandwidth(grounds: Grounds, names: Iterable<AccountName>): WantedState {
  const slivers = new Map<AccountName, SliverLeaves | undefined>();
  for (const name of names) slivers.set(name, planSliver(name, grounds));
  return { tree: grounds.node.tree, networks: grounds.node.networks, slivers };
}
