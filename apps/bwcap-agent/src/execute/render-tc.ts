/**
 * The text for one `tc -batch`: the HTB tree on the uplink. Pure; nothing is run here. Rates are written
 * in bit/s and sizes in bytes, so that nothing is rounded. tc(8) reads class ids as hexadecimal.
 */
import { type HtbClass, parametersText } from '../limits/htb-class.ts';
import {
  BRANCHES,
  type Branch,
  type ClassMinor,
  classId,
  FIXED_CLASSES,
  FIXED_MINORS,
  type FixedClass,
  HANDLE,
  minorOf,
} from '../limits/htb-tree.ts';
import type { BandwidthStep, StepOf } from '../plan/bandwidth-steps.ts';

/** Our root, as tc writes it. */
export const ROOT = `${HANDLE.toString(16)}:`;

const PARENTS: Readonly<Record<FixedClass, string>> = {
  link: ROOT,
  cap: classId(FIXED_MINORS.link),
  exempt: classId(FIXED_MINORS.link),
  node: classId(FIXED_MINORS.cap),
  nodeExempt: classId(FIXED_MINORS.exempt),
};
const BRANCH_PARENTS: Readonly<Record<Branch, string>> = {
  ordinary: classId(FIXED_MINORS.cap),
  exempt: classId(FIXED_MINORS.exempt),
};

/** `replace` makes a class or changes it; packets in its queue stay. */
function replaceClass(uplink: string, parent: string, minor: ClassMinor, to: HtbClass): string {
  return `class replace dev ${uplink} parent ${parent} classid ${classId(minor)} htb ${parametersText(to)}`;
}

function replaceFixed(uplink: string, which: FixedClass, to: HtbClass): string {
  return replaceClass(uplink, PARENTS[which], FIXED_MINORS[which], to);
}

function replaceLeaf(
  { interface: uplink, leaves }: StepOf<'add-sliver' | 'change-leaf'>,
  branch: Branch,
): string {
  const minor = minorOf(leaves.index, branch);
  return replaceClass(uplink, BRANCH_PARENTS[branch], minor, leaves[branch]);
}

function removeClass(uplink: string, minor: ClassMinor): string {
  return `class del dev ${uplink} classid ${classId(minor)}`;
}

/** renderTcLines returns the lines that one step needs; none where it does not concern tc. */
export function renderTcLines(step: BandwidthStep): readonly string[] {
  switch (step.step) {
    case 'remove-tree':
      return [`qdisc del dev ${step.interface} root handle ${ROOT}`];
    case 'install-tree': {
      const { tree } = step;
      const unclassified = FIXED_MINORS.node.toString(16);
      return [
        `qdisc add dev ${tree.interface} root handle ${ROOT} htb default ${unclassified}`,
        ...FIXED_CLASSES.map((which) => replaceFixed(tree.interface, which, tree[which])),
      ];
    }
    case 'change-class':
      return [replaceFixed(step.interface, step.which, step.to)];
    case 'add-sliver':
      return BRANCHES.map((branch) => replaceLeaf(step, branch));
    case 'change-leaf':
      return [replaceLeaf(step, step.branch)];
    case 'remove-sliver':
      return BRANCHES.filter((branch) => step.leaves[branch] !== undefined).map((branch) =>
        removeClass(step.interface, minorOf(step.leaves.index, branch)),
      );
    case 'remove-stray':
      return [removeClass(step.interface, step.minor)];
    case 'install-table':
    case 'add-networks':
    case 'remove-networks':
      return [];
  }
}
