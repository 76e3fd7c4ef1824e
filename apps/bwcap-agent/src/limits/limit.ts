/** What a limit of a sliver's bandwidth is, and what all limits are measured by. Pure. */
import { type BitsPerSecond, bitsPerSecond, type ResourceOf, type Rspec } from '@nodemgr/records';
import { type Bytes, bytes, type ClassAmounts, MIN_RATE } from './htb-class.ts';
import type { Branch, ByBranch } from './htb-tree.ts';

/** What bursts and turns are measured by. */
export interface Scale {
  readonly link: BitsPerSecond;
  /** The largest frame on the uplink. */
  readonly frame: Bytes;
  /** What one share may send in each turn. */
  readonly turn: Readonly<Record<Branch, Bytes>>;
}

/** The factor that all min rates of a branch are cut by, at most 1. */
export type Cut = Readonly<Record<Branch, number>>;
export const NO_CUT: Cut = { ordinary: 1, exempt: 1 };

/** What an amount follows from beside the sliver's own RSpec. */
export interface LimitTerms {
  readonly scale: Scale;
  readonly cut: Cut;
  /** The rates that its leaves are cut to for the rest of the day; a branch that is not in it is not cut. */
  readonly dayRates?: DayRates | undefined;
}

/** Rates by branch. */
export type DayRates = ByBranch<BitsPerSecond>;

/** The resources that this agent enforces. */
export type NetResource = ResourceOf<'bwcap-agent'>;

/** A resource that is enforced as one parameter of a sliver's leaf. */
export interface LeafLimit<Name extends NetResource, Amount> {
  readonly resource: Name;
  /** wanted returns the amount for a sliver's leaf, given its effective RSpec. */
  readonly wanted: (rspec: Rspec, terms: LimitTerms) => Amount;
}

/** The limits of one leaf: one for each parameter that is asked for. */
export type LeafLimits = {
  readonly [Name in keyof ClassAmounts]: LeafLimit<NetResource, ClassAmounts[Name]>;
};

/** within returns `value`, or the nearer end of the range from `least` to `most`. */
export const within = (value: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, value));

/** linkRate returns a rate as far as there is one on the link: from 8 bit/s to the link's own. */
export const linkRate = (rate: number, link: BitsPerSecond): BitsPerSecond =>
  bitsPerSecond(within(rate, MIN_RATE, link));

/** What a share may send in its turn, of all that its branch may send: enough for the packets that TCP makes at that speed. */
const TURN_SECONDS = 0.02;
const MIN_TURN_FRAMES = 4;
/**
 * The largest packet that a sender hands over (GSO: 64 KiB, to which the headers of all its frames are
 * added). A turn that is shorter would be overdrawn by each class alike, and shares would mean nothing.
 */
const LARGEST_PACKET = 70_000;
/** An Ethernet header; the MTU does not count it. */
const LINK_HEADER = 14;

/** scaleOf returns the scale of an uplink whose ordinary traffic is capped; no cap: at the link's speed. */
export function scaleOf(link: BitsPerSecond, mtu: Bytes, cap = link): Scale {
  const frame = bytes(mtu + LINK_HEADER);
  const turn = (ceil: BitsPerSecond) =>
    bytes(Math.floor(within((ceil / 8) * TURN_SECONDS, MIN_TURN_FRAMES * frame, LARGEST_PACKET)));
  return {
    link,
    frame,
    turn: { ordinary: turn(bitsPerSecond(Math.min(cap, link))), exempt: turn(link) },
  };
}
