/** Tells the tree and its counters as operators are shown them. Pure. */
import type { ClassTraffic, SliverTraffic, Traffic } from '@nodemgr/contracts';
import type { AccountName } from '@nodemgr/records';
import type { ClassCounters } from '../kernel/port.ts';
import {
  type BandwidthState,
  BRANCHES,
  type Branch,
  type ClassMinor,
  classId,
  FIXED_MINORS,
  type FixedClass,
  type HtbClass,
  minorOf,
  type ObservedLeaves,
  type ObservedTree,
} from '../observed/bandwidth-state.ts';

type Counters = ReadonlyMap<ClassMinor, ClassCounters>;

function classTraffic(
  minor: ClassMinor,
  { rate, ceil, quantum }: HtbClass,
  counters: Counters,
): ClassTraffic {
  const limits = { class_id: classId(minor), rate, ceil, quantum };
  const counted = counters.get(minor);
  if (counted === undefined) return limits;
  const { sentBytes, sentPackets, dropped, backlogBytes } = counted;
  return {
    ...limits,
    counters: {
      sent_bytes: sentBytes,
      sent_packets: sentPackets,
      dropped,
      backlog_bytes: backlogBytes,
    },
  };
}

function sliverTraffic(
  name: AccountName,
  leaves: ObservedLeaves,
  counters: Counters,
): SliverTraffic {
  const told: Partial<Record<Branch, ClassTraffic>> = {};
  for (const branch of BRANCHES) {
    const leaf = leaves[branch];
    if (leaf === undefined) continue;
    told[branch] = classTraffic(minorOf(leaves.index, branch), leaf, counters);
  }
  return { name, ...told };
}

function treeTraffic(tree: ObservedTree, counters: Counters): Traffic['tree'] {
  const of = (which: FixedClass) => {
    const found = tree[which];
    return found && classTraffic(FIXED_MINORS[which], found, counters);
  };
  const [link, cap, exempt] = [of('link'), of('cap'), of('exempt')];
  const [node, nodeExempt] = [of('node'), of('nodeExempt')];
  if (!link || !cap || !exempt || !node || !nodeExempt) return undefined;
  return {
    interface: tree.interface,
    link,
    branches: { ordinary: cap, exempt },
    node: { ordinary: node, exempt: nodeExempt },
  };
}

/** trafficOf returns what is in force, and what has been sent under it: of all slivers, or of `only` one. */
export function trafficOf(
  { tree, slivers, networks }: BandwidthState,
  counters: Counters,
  only: AccountName | undefined,
): Omit<Traffic, 'driver' | 'at'> {
  const told = tree && treeTraffic(tree, counters);
  const asked = [...slivers].filter(([name]) => only === undefined || name === only);
  return {
    ...(told === undefined ? {} : { tree: told }),
    exempt_networks: networks.v4.size + networks.v6.size,
    slivers: asked.map(([name, leaves]) => sliverTraffic(name, leaves, counters)),
  };
}
