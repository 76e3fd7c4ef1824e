/**
 * Decides what bandwidth limits the node should have: the whole wanted state from the cap, all slivers'
 * effective RSpecs and their user ids. Pure. Single classes are worked out in plan-classes.ts.
 */
import {
  type AccountName,
  type BitsPerSecond,
  bitsPerSecond,
  type HostUid,
  type Rspec,
} from '@nodemgr/records';
import { planNetworks } from '../desired/plan-networks.ts';
import {
  type Budget,
  budgetOf,
  type Cut,
  minRatesOf,
  planLeaves,
  planTree,
  type Scale,
  scaleOf,
} from '../limits/plan-classes.ts';
import type {
  BandwidthState,
  ExemptNetworks,
  LeafIndex,
  NodeTree,
  ObservedLeaves,
  SliverLeaves,
  WantedBandwidth,
} from '../observed/bandwidth-state.ts';

/** What is known of a sliver that exists on the machine. */
export interface SliverDemand {
  /** Undefined: no record names it now. It keeps the limits that it has. */
  readonly rspec: Rspec | undefined;
  /** Its user ids, both included. */
  readonly first: HostUid;
  readonly last: HostUid;
}

export interface NodeDemand {
  readonly interface: string;
  readonly link: BitsPerSecond;
  /** Of the uplink: what a frame can carry, in bytes. */
  readonly mtu: number;
  /** Undefined: no cap. */
  readonly cap: BitsPerSecond | undefined;
  readonly exemptIps: readonly string[];
  /** For slivers that no record names and that have no limits yet. */
  readonly defaults: Rspec;
}

/** What does not depend on any sliver. */
export interface NodePlan {
  readonly tree: NodeTree;
  readonly networks: ExemptNetworks;
  readonly scale: Scale;
}

/** planNode returns what does not depend on any sliver. */
export function planNode({ interface: uplink, link, mtu, cap, exemptIps }: NodeDemand): NodePlan {
  const scale = scaleOf(link, mtu, cap);
  return { scale, tree: planTree(uplink, scale, cap), networks: planNetworks(exemptIps) };
}

/** planCut returns by how much all min rates are cut, given what they add up to: never more than there is. */
export function planCut(tree: NodeTree, promised: Budget): Cut {
  const budget = budgetOf(tree);
  return {
    ordinary: Math.min(1, budget.ordinary / promised.ordinary),
    exempt: Math.min(1, budget.exempt / promised.exempt),
  };
}

/** What all slivers' leaves are planned by. */
export interface SliverTerms {
  readonly scale: Scale;
  readonly cut: Cut;
  /** For slivers that no record names and that have no limits yet. */
  readonly defaults: Rspec;
}

/**
 * planSliver returns one sliver's leaves, at the place `index` among them. `held` is what the kernel has
 * for it now: a sliver that no record names keeps that.
 */
export function planSliver(
  { first, last, rspec }: SliverDemand,
  index: LeafIndex,
  { scale, cut, defaults }: SliverTerms,
  held: ObservedLeaves | undefined,
): SliverLeaves {
  if (rspec === undefined && held?.ordinary !== undefined && held.exempt !== undefined) {
    return { index, first, last, ordinary: held.ordinary, exempt: held.exempt };
  }
  return { index, first, last, ...planLeaves(rspec ?? defaults, scale, cut) };
}

/** promisedTo returns what the min rates of all `demands` add up to. */
export function promisedTo(
  demands: Iterable<SliverDemand>,
  node: Pick<NodeDemand, 'link' | 'defaults'>,
): Budget {
  let ordinary = 0;
  let exempt = 0;
  for (const { rspec } of demands) {
    const min = minRatesOf(rspec ?? node.defaults, node.link);
    ordinary += min.ordinary;
    exempt += min.exempt;
  }
  return { ordinary: bitsPerSecond(ordinary), exempt: bitsPerSecond(exempt) };
}

/** planBandwidth returns the whole wanted state; `places` says where among the leaves each sliver's are. */
export function planBandwidth(
  node: NodeDemand,
  demands: ReadonlyMap<AccountName, SliverDemand>,
  places: (name: AccountName) => LeafIndex,
  observed: BandwidthState,
): WantedBandwidth {
  const { tree, networks, scale } = planNode(node);
  const cut = planCut(tree, promisedTo(demands.values(), node));
  const terms = { scale, cut, defaults: node.defaults };
  const slivers = new Map<AccountName, SliverLeaves>();
  for (const [name, demand] of demands) {
    slivers.set(name, planSliver(demand, places(name), terms, observed.slivers.get(name)));
  }
  return { tree, slivers, networks };
}
