/**
 * Reports what is in force, as operators are shown it: a reading for each limit of a sliver, beside what
 * ought to be, and the classes with what they have sent. Pure.
 */
import type {
  ClassTraffic,
  DayTraffic,
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
  byBranch,
  type ClassMinor,
  classId,
  FIXED_MINORS,
  type FixedClass,
  minorOf,
} from '../limits/htb-tree.ts';
import { LIMITED, LIMITS } from '../limits/limits.ts';
import type { BandwidthState, ObservedLeaves, ObservedTree } from '../observed/bandwidth-state.ts';
import type { LeafDay } from '../plan/day-book.ts';
import type { SliverLeaves } from '../plan/plan-bandwidth.ts';

type LeafReading = Omit<Reading, 'used' | 'amount'> & { readonly amount: number };
/** dayOf returns what is known of a sliver's leaf today. */
export type DayOf = (branch: Branch) => LeafDay;
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

/**
 * dayReadings returns what a sliver has sent today beside its limits. The kernel has the counters; the limits are
 * this agent's, which brings the ceiling down.
 */
export function dayReadings(leaves: ObservedLeaves | undefined, dayOf: DayOf): Reading[] {
  if (leaves === undefined) return [];
  return BRANCHES.flatMap((branch): Reading[] => {
    if (leaves[branch] === undefined) return [];
    const { resource, thresholdResource } = LIMITS[branch].day;
    const { sent, limit } = dayOf(branch);
    const from = `htb ${classId(minorOf(leaves.index, branch))} sent today`;
    const used = [{ amount: sent, unit: 'bytes' as const }];
    const max = { resource, from, amount: limit?.max ?? null, unit: 'bytes' as const, used };
    if (limit === undefined) return [max];
    const { threshold: amount } = limit;
    return [max, { resource: thresholdResource, from: `${from}, cut from`, amount, unit: 'bytes' }];
  });
}

/** What the wanted readings are made of, beside the leaves. */
export interface WantedTerms {
  /** Undefined where no record names the sliver. */
  readonly effective: Rspec | undefined;
  readonly dayOf: DayOf;
  /** cutText returns why a leaf's rate is cut for the rest of the day; undefined: it is not. */
  readonly cutText: (branch: Branch) => string | undefined;
}

/** wantedReadings returns what ought to be. */
export function wantedReadings(leaves: SliverLeaves | undefined, terms: WantedTerms): Wanted[] {
  const { effective, dayOf, cutText } = terms;
  const wanted = readingsOf(leaves, () => undefined).map(({ since: _, ...reading }) => {
    const asked = effective?.[reading.resource];
    // A share is enforced as a size, which is never the share itself.
    const isCut = reading.unit === 'bit/s' && asked !== undefined && asked !== reading.amount;
    if (!isCut) return reading;
    const branch = BRANCHES.find((one) => LIMITS[one].ceil.resource === reading.resource);
    const today = branch && cutText(branch);
    const how = `brought from ${asked} into what the link, its own ceiling and the other slivers leave`;
    return { ...reading, how: today ?? how };
  });
  return [...wanted, ...dayReadings(leaves, dayOf).map(({ used: _, ...reading }) => reading)];
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

/** dayTraffic returns what is known of one leaf today, as it is told. */
export function dayTraffic({ sent, limit, cut }: LeafDay): DayTraffic {
  return {
    sent_bytes: sent,
    ...(limit && { limit: { max_bytes: limit.max, threshold_bytes: limit.threshold } }),
    ...(cut && { cut: { rate: cut.rate, since: cut.since } }),
  };
}

function sliverTraffic(
  name: AccountName,
  leaves: ObservedLeaves,
  counters: Counters,
  dayOf: DayOf,
): SliverTraffic {
  const branches = byBranch((branch) => {
    const leaf = leaves[branch];
    return leaf && classTraffic(minorOf(leaves.index, branch), leaf, counters);
  });
  const today = byBranch((branch) =>
    counters.has(minorOf(leaves.index, branch)) ? dayTraffic(dayOf(branch)) : undefined,
  );
  return { name, ...branches, ...(Object.keys(today).length === 0 ? {} : { today }) };
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
  dayOf: (name: AccountName, branch: Branch) => LeafDay,
  only: AccountName | undefined,
): Omit<Traffic, 'driver' | 'at' | 'day'> {
  const classes = tree && treeTraffic(tree, counters);
  const asked = [...slivers].filter(([name]) => only === undefined || name === only);
  return {
    ...(classes === undefined ? {} : { tree: classes }),
    exempt_networks: networks.v4.size + networks.v6.size,
    slivers: asked.map(([name, leaves]) =>
      sliverTraffic(name, leaves, counters, (branch) => dayOf(name, branch)),
    ),
  };
}
