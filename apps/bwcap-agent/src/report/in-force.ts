/**
 * Reports what is in force, as operators are shown it: a reading for each limit of a sliver, beside what
 * ought to be, and the classes with what they have sent. Pure.
 */
import type {
  ClassTraffic,
  LimitDecision,
  Reading,
  SliverTraffic,
  Traffic,
  Wanted,
} from '@nodemgr/contracts';
import type { AccountName, Rspec } from '@nodemgr/records';
import type { ClassCounters } from '../kernel/port.ts';
import { type HtbClass, PARAMETERS } from '../limits/htb-class.ts';
import {
  BRANCHES,
  type Branch,
  type ClassMinor,
  classId,
  FIXED_MINORS,
  type FixedClass,
  minorOf,
} from '../limits/htb-tree.ts';
import { LIMITED, LIMITS } from '../limits/limits.ts';
import type { BandwidthState, ObservedLeaves, ObservedTree } from '../observed/bandwidth-state.ts';
import type { SliverLeaves } from '../plan/plan-bandwidth.ts';

type LeafReading = Omit<Reading, 'used' | 'amount'> & { readonly amount: number };
/** The decision on a parameter of a leaf; undefined: it is not known. */
type DecisionOn = (
  branch: Branch,
  parameter: (typeof LIMITED)[number],
) => LimitDecision | undefined;

/** readingsOf returns what is in force for a sliver, by what decisions; nothing where it has no leaves. */
export function readingsOf(
  leaves: ObservedLeaves | undefined,
  decisionOn: DecisionOn,
): LeafReading[] {
  if (leaves === undefined) return [];
  return BRANCHES.flatMap((branch) => {
    const leaf = leaves[branch];
    if (leaf === undefined) return [];
    const id = classId(minorOf(leaves.index, branch));
    return LIMITED.map((parameter) => ({
      resource: LIMITS[branch][parameter].resource,
      from: `htb ${id} ${parameter}`,
      amount: leaf[parameter],
      unit: PARAMETERS[parameter].unit,
      since: decisionOn(branch, parameter),
    }));
  });
}

/** wantedReadings returns what ought to be; `effective` is undefined where no record names the sliver. */
export function wantedReadings(
  leaves: SliverLeaves | undefined,
  effective: Rspec | undefined,
): Wanted[] {
  return readingsOf(leaves, () => undefined).map(({ since: _, ...reading }) => {
    const asked = effective?.[reading.resource];
    // A share is enforced as a size, which is never the share itself.
    const isCut = reading.unit === 'bit/s' && asked !== undefined && asked !== reading.amount;
    if (!isCut) return reading;
    const how = `brought from ${asked} into what the link, its own ceiling and the other slivers leave`;
    return { ...reading, how };
  });
}

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
  const branches: Partial<Record<Branch, ClassTraffic>> = {};
  for (const branch of BRANCHES) {
    const leaf = leaves[branch];
    if (leaf === undefined) continue;
    branches[branch] = classTraffic(minorOf(leaves.index, branch), leaf, counters);
  }
  return { name, ...branches };
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

/** trafficOf returns the classes in force, with what they have sent: those of all slivers, or of `only` one. */
export function trafficOf(
  { tree, slivers, networks }: BandwidthState,
  counters: Counters,
  only: AccountName | undefined,
): Omit<Traffic, 'driver' | 'at'> {
  const classes = tree && treeTraffic(tree, counters);
  const asked = [...slivers].filter(([name]) => only === undefined || name === only);
  return {
    ...(classes === undefined ? {} : { tree: classes }),
    exempt_networks: networks.v4.size + networks.v6.size,
    slivers: asked.map(([name, leaves]) => sliverTraffic(name, leaves, counters)),
  };
}
