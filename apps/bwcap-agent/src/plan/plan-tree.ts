/** Decides the classes that belong to no sliver, from the uplink's speed and the node's cap. Pure. */
import { type BitsPerSecond, bitsPerSecond } from '@nodemgr/records';
import { type HtbClass, htbClass, MIN_RATE } from '../limits/htb-class.ts';
import type { Branch, FixedClass } from '../limits/htb-tree.ts';
import type { Scale } from '../limits/limit.ts';
import type { Budget } from '../limits/min-rate.ts';
import { quantumOf } from '../limits/share.ts';

/** The root and the classes that are on the uplink before any sliver. */
export interface NodeTree extends Readonly<Record<FixedClass, HtbClass>> {
  readonly interface: string;
}

/** The part of each branch that the node keeps for itself, whatever slivers are promised. */
const NODE_PART = 0.01;

/**
 * planTree returns the classes that belong to no sliver. No cap is a cap at the speed of the link. The
 * exempt branch always has something of its own, so that capped traffic cannot starve it.
 */
export function planTree(uplink: string, scale: Scale, cap = scale.link): NodeTree {
  const { link, frame } = scale;
  const ceiling = Math.min(cap, link);
  const exemptRate = Math.max(link - ceiling, link * NODE_PART);
  const capRate = Math.max(MIN_RATE, Math.min(ceiling, link - exemptRate));
  const made = (branch: Branch, rate: number, ceil: number) => {
    const quantum = quantumOf(1, branch, scale);
    return htbClass({ rate: bitsPerSecond(rate), ceil: bitsPerSecond(ceil), quantum }, frame);
  };
  return {
    interface: uplink,
    link: made('exempt', link, link),
    cap: made('ordinary', capRate, ceiling),
    exempt: made('exempt', exemptRate, link),
    node: made('ordinary', capRate * NODE_PART, ceiling),
    nodeExempt: made('exempt', exemptRate * NODE_PART, link),
  };
}

const spare = (all: HtbClass, node: HtbClass): BitsPerSecond =>
  bitsPerSecond(Math.max(MIN_RATE, all.rate - node.rate));

/**
 * budgetOf returns what a tree leaves to be promised to slivers: a leaf sends at its own rate whatever its
 * parent's is.
 */
export function budgetOf({ cap, node, exempt, nodeExempt }: NodeTree): Budget {
  return { ordinary: spare(cap, node), exempt: spare(exempt, nodeExempt) };
}
