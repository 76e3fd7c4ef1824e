/**
 * Works out single HTB classes: rates brought into what HTB can do, bursts and quanta that fit them.
 * Pure. Sources: tc-htb(8); net/sched/sch_htb.c.
 */
import { amountOf, type BitsPerSecond, bitsPerSecond, type Rspec } from '@nodemgr/records';
import {
  type Branch,
  type Bytes,
  bytes,
  type HtbClass,
  type NodeTree,
} from '../observed/bandwidth-state.ts';

/** tc keeps rates in whole bytes a second. */
const MIN_RATE = 8;
/** An Ethernet header; the MTU does not count it. */
const LINK_HEADER = 14;
/** A burst is what a rate gives in this time: longer than a timer takes to come round. */
const BURST_SECONDS = 0.004;
/** HTB counts a burst in ticks of 64 ns, in 32 bits: about 274 seconds of the rate. */
const MAX_BURST_SECONDS = 200;
/** What a share may send in its turn, of all that its branch may send: enough for the packets that TCP makes at that speed. */
const TURN_SECONDS = 0.02;
const MIN_TURN_FRAMES = 4;
/**
 * The largest packet that a sender hands over (GSO: 64 KiB, to which the headers of all its frames are
 * added). A turn that is shorter would be overdrawn by each class alike, and shares would mean nothing.
 */
const LARGEST_PACKET = 70_000;
/** Longer turns would make the others wait; shares over a hundred count as a hundred. */
export const MAX_SHARE = 100;
/** What the node keeps of each branch for itself, whatever slivers are promised: one hundredth. */
const NODE_PART = 0.01;

const clamp = (value: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, value));

/** What bursts and turns are measured by. */
export interface Scale {
  readonly link: BitsPerSecond;
  /** The largest frame on the uplink. */
  readonly frame: Bytes;
  /** What one share may send in each turn. */
  readonly turn: Readonly<Record<Branch, Bytes>>;
}

/** scaleOf returns the scale of an uplink whose ordinary traffic is capped; no cap: at the link's speed. */
export function scaleOf(link: BitsPerSecond, mtu: number, cap = link): Scale {
  const frame = bytes(mtu + LINK_HEADER);
  const turn = (ceil: number) =>
    bytes(Math.floor(clamp((ceil / 8) * TURN_SECONDS, MIN_TURN_FRAMES * frame, LARGEST_PACKET)));
  return { link, frame, turn: { ordinary: turn(Math.min(cap, link)), exempt: turn(link) } };
}

function burstOf(rate: number, frame: Bytes): Bytes {
  const bytesPerSecond = rate / 8;
  const wanted = Math.max(2 * frame, bytesPerSecond * BURST_SECONDS);
  return bytes(Math.floor(Math.min(wanted, bytesPerSecond * MAX_BURST_SECONDS)));
}

/** quantumOf returns what `share` may send in each turn. */
export function quantumOf(share: number, branch: Branch, { turn, frame }: Scale): Bytes {
  return bytes(Math.max(frame, Math.min(share, MAX_SHARE) * turn[branch]));
}

const wholeBytes = (rate: number): number => Math.floor(rate / 8) * 8;

/** htbClass makes a class whose rate is at least 8 bit/s and whose ceiling is at least its rate. */
export function htbClass(rate: number, ceil: number, quantum: Bytes, frame: Bytes): HtbClass {
  const guaranteed = bitsPerSecond(Math.max(MIN_RATE, wholeBytes(rate)));
  const ceiling = bitsPerSecond(Math.max(guaranteed, wholeBytes(ceil)));
  return {
    rate: guaranteed,
    ceil: ceiling,
    burst: burstOf(guaranteed, frame),
    cburst: burstOf(ceiling, frame),
    quantum,
  };
}

/**
 * planTree returns the classes that belong to no sliver. No cap is a cap at the speed of the link. The
 * exempt branch always has something of its own, so that capped traffic cannot starve it.
 */
export function planTree(uplink: string, scale: Scale, cap = scale.link): NodeTree {
  const { link, frame } = scale;
  const ceiling = Math.min(cap, link);
  const exemptRate = Math.max(link - ceiling, link * NODE_PART);
  const capRate = Math.max(MIN_RATE, Math.min(ceiling, link - exemptRate));
  const made = (branch: Branch, rate: number, ceil: number) =>
    htbClass(rate, ceil, quantumOf(1, branch, scale), frame);
  return {
    interface: uplink,
    link: made('exempt', link, link),
    cap: made('ordinary', capRate, ceiling),
    exempt: made('exempt', exemptRate, link),
    node: made('ordinary', capRate * NODE_PART, ceiling),
    nodeExempt: made('exempt', exemptRate * NODE_PART, link),
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

/** The resources that a leaf in each branch enforces, beside `nm_net_share`. */
export const RATES = {
  ordinary: { min: 'nm_net_min_rate', max: 'nm_net_max_rate' },
  exempt: { min: 'nm_net_exempt_min_rate', max: 'nm_net_exempt_max_rate' },
} as const;

function ceilingOf(rspec: Rspec, branch: Branch, link: BitsPerSecond): BitsPerSecond {
  return bitsPerSecond(clamp(amountOf(rspec, RATES[branch].max), MIN_RATE, link));
}

/**
 * minRatesOf returns what a sliver is promised in each branch, before any cut: never more than its own
 * ceiling, which it may have lent away, and which HTB would lift to the rate.
 */
export function minRatesOf(rspec: Rspec, link: BitsPerSecond): Budget {
  const rate = (branch: Branch) =>
    bitsPerSecond(
      clamp(amountOf(rspec, RATES[branch].min), MIN_RATE, ceilingOf(rspec, branch, link)),
    );
  return { ordinary: rate('ordinary'), exempt: rate('exempt') };
}

/** planLeaves returns a sliver's two classes. */
export function planLeaves(
  rspec: Rspec,
  scale: Scale,
  cut: Cut,
): Readonly<Record<Branch, HtbClass>> {
  const { link, frame } = scale;
  const min = minRatesOf(rspec, link);
  const share = amountOf(rspec, 'nm_net_share');
  const made = (branch: Branch) =>
    htbClass(
      min[branch] * cut[branch],
      ceilingOf(rspec, branch, link),
      quantumOf(share, branch, scale),
      frame,
    );
  return { ordinary: made('ordinary'), exempt: made('exempt') };
}
