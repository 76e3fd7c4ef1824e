/**
 * Works out single HTB classes: rates brought into what HTB can do, bursts and quanta that fit them.
 * Pure. Sources: tc-htb(8); net/sched/sch_htb.c.
 */
import { amountOf, type BitsPerSecond, bitsPerSecond, type Rspec } from '@nodemgr/records';
import { type Bytes, bytes, type HtbClass, type NodeTree } from './bandwidth-state.ts';

/** The least rate that tc can say: one byte a second. */
const MIN_RATE = 8;
/** A full Ethernet frame. */
const FRAME = 1514;
/** A burst is what a rate gives in this time: longer than a timer takes to come round. */
const BURST_SECONDS = 0.004;
/** HTB counts a burst in ticks of 64 ns, in 32 bits: about 274 seconds of the rate. */
const MAX_BURST_SECONDS = 200;
/** Ten frames a turn for each share, so that a turn seldom ends in the middle of a large packet. */
export const QUANTUM_PER_SHARE = 10 * FRAME;
/** Larger turns would make the others wait; shares over a hundred count as a hundred. */
export const MAX_QUANTUM = 100 * QUANTUM_PER_SHARE;
/** What the node keeps of each branch for itself, whatever slivers are promised: one hundredth. */
const NODE_PART = 0.01;

const clamp = (value: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, value));

function burstOf(rate: number): Bytes {
  const bytesPerSecond = rate / 8;
  const wanted = Math.max(2 * FRAME, bytesPerSecond * BURST_SECONDS);
  return bytes(Math.floor(Math.min(wanted, bytesPerSecond * MAX_BURST_SECONDS)));
}

/** quantumOf returns what a share is worth in each turn, in bytes. */
export function quantumOf(share: number): Bytes {
  return bytes(clamp(share * QUANTUM_PER_SHARE, FRAME, MAX_QUANTUM));
}

/** htbClass makes a class whose rate is at least 8 bit/s and whose ceiling is at least its rate. */
export function htbClass(rate: number, ceil: number, quantum: Bytes = quantumOf(1)): HtbClass {
  const guaranteed = bitsPerSecond(Math.max(MIN_RATE, Math.floor(rate)));
  const ceiling = bitsPerSecond(Math.max(guaranteed, Math.floor(ceil)));
  return {
    rate: guaranteed,
    ceil: ceiling,
    burst: burstOf(guaranteed),
    cburst: burstOf(ceiling),
    quantum,
  };
}

/**
 * planTree returns the classes that belong to no sliver. No cap is a cap at the speed of the link. The
 * exempt branch always has something of its own, so that capped traffic cannot starve it.
 */
export function planTree(uplink: string, link: BitsPerSecond, cap = link): NodeTree {
  const ceiling = Math.min(cap, link);
  const exemptRate = Math.max(link - ceiling, link * NODE_PART);
  const capRate = Math.max(MIN_RATE, Math.min(ceiling, link - exemptRate));
  return {
    interface: uplink,
    link: htbClass(link, link),
    cap: htbClass(capRate, ceiling),
    exempt: htbClass(exemptRate, link),
    node: htbClass(capRate * NODE_PART, ceiling),
    nodeExempt: htbClass(exemptRate * NODE_PART, link),
  };
}

/** What slivers may be promised in each branch. */
export interface Budget {
  readonly ordinary: BitsPerSecond;
  readonly exempt: BitsPerSecond;
}

/** budgetOf returns what a tree leaves to be promised: a leaf sends at its own rate whatever its parent says. */
export function budgetOf({ cap, node, exempt, nodeExempt }: NodeTree): Budget {
  return {
    ordinary: bitsPerSecond(Math.max(MIN_RATE, cap.rate - node.rate)),
    exempt: bitsPerSecond(Math.max(MIN_RATE, exempt.rate - nodeExempt.rate)),
  };
}

/** The factor that all min rates of a branch are cut by, at most 1. */
export interface Cut {
  readonly ordinary: number;
  readonly exempt: number;
}
export const NO_CUT: Cut = { ordinary: 1, exempt: 1 };

/** minRatesOf returns what a sliver is promised in each branch, before any cut. */
export function minRatesOf(rspec: Rspec, link: BitsPerSecond): Budget {
  const rate = (name: 'nm_net_min_rate' | 'nm_net_exempt_min_rate') =>
    bitsPerSecond(clamp(amountOf(rspec, name), MIN_RATE, link));
  return { ordinary: rate('nm_net_min_rate'), exempt: rate('nm_net_exempt_min_rate') };
}

/** planLeaves returns a sliver's two classes. */
export function planLeaves(
  rspec: Rspec,
  link: BitsPerSecond,
  cut: Cut,
): { readonly ordinary: HtbClass; readonly exempt: HtbClass } {
  const min = minRatesOf(rspec, link);
  const quantum = quantumOf(amountOf(rspec, 'nm_net_share'));
  const ceiling = (rate: number) => Math.min(rate, link);
  return {
    ordinary: htbClass(
      min.ordinary * cut.ordinary,
      ceiling(amountOf(rspec, 'nm_net_max_rate')),
      quantum,
    ),
    exempt: htbClass(
      min.exempt * cut.exempt,
      ceiling(amountOf(rspec, 'nm_net_exempt_max_rate')),
      quantum,
    ),
  };
}
