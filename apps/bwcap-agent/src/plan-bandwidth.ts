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
import {
  type BandwidthState,
  type LeafIndex,
  leafIndex,
  MAX_LEAVES,
  type NodeTree,
  type SliverLeaves,
} from './bandwidth-state.ts';
import {
  type Budget,
  budgetOf,
  type Cut,
  minRatesOf,
  planLeaves,
  planTree,
} from './plan-classes.ts';
import { planNetworks } from './plan-networks.ts';

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
  /** Undefined: no cap. */
  readonly cap: BitsPerSecond | undefined;
  readonly exemptIps: readonly string[];
  /** For slivers that no record names and that have no limits yet. */
  readonly defaults: Rspec;
}

/** planNode returns what does not depend on any sliver. */
export function planNode(node: NodeDemand): Pick<BandwidthState, 'networks'> & { tree: NodeTree } {
  return {
    tree: planTree(node.interface, node.link, node.cap),
    networks: planNetworks(node.exemptIps),
  };
}

/** planCut returns by how much all min rates are cut, given what they add up to: never more than there is. */
export function planCut(tree: NodeTree, promised: Budget): Cut {
  const budget = budgetOf(tree);
  return {
    ordinary: Math.min(1, budget.ordinary / promised.ordinary),
    exempt: Math.min(1, budget.exempt / promised.exempt),
  };
}

/**
 * planSliver returns one sliver's leaves. `held` is what the kernel has for it now, from which its place
 * among the leaves comes; a new sliver gets `free`.
 */
export function planSliver(
  demand: SliverDemand,
  node: NodeDemand,
  cut: Cut,
  held: SliverLeaves | undefined,
  free: () => LeafIndex,
): SliverLeaves {
  const { first, last, rspec } = demand;
  const index = held?.index ?? free();
  if (rspec === undefined && held !== undefined) {
    return { index, first, last, ordinary: held.ordinary, exempt: held.exempt };
  }
  return { index, first, last, ...planLeaves(rspec ?? node.defaults, node.link, cut) };
}

/** freeLeaves returns a function that gives the lowest free places out, one a call; throws when none is left. */
export function freeLeaves(slivers: ReadonlyMap<AccountName, SliverLeaves>): () => LeafIndex {
  const used = new Set<number>([...slivers.values()].map(({ index }) => index));
  let next = 0;
  return () => {
    while (used.has(next)) next += 1;
    if (next >= MAX_LEAVES) throw new Error(`no free class id: ${MAX_LEAVES} slivers have one`);
    used.add(next);
    return leafIndex(next);
  };
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

/** planBandwidth returns the whole wanted state; `observed` only lends it the places of the leaves. */
export function planBandwidth(
  node: NodeDemand,
  demands: ReadonlyMap<AccountName, SliverDemand>,
  observed: BandwidthState,
): BandwidthState {
  const { tree, networks } = planNode(node);
  const cut = planCut(tree, promisedTo(demands.values(), node));
  const free = freeLeaves(observed.slivers);
  const slivers = new Map<AccountName, SliverLeaves>();
  for (const name of [...demands.keys()].sort()) {
    const demand = demands.get(name);
    if (demand === undefined) continue;
    slivers.set(name, planSliver(demand, node, cut, observed.slivers.get(name), free));
  }
  return { tree, slivers, networks };
}
