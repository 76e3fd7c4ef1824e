/**
 * The text for one `nft -f`: which sender's packets go to which class. Pure; nothing is run here. All of
 * it is in a table of our own; the kernel takes a text as a whole or not at all (nft(8)).
 */
import {
  type Branch,
  type Family,
  FIXED_MINORS,
  minorOf,
  type SliverLeaves,
} from './bandwidth-state.ts';
import type { BandwidthStep } from './bandwidth-steps.ts';
import { classId } from './render-tc.ts';

/** Our table; nobody else's is touched. */
export const TABLE = 'inet nodemgr';
/** Maps from user ids to classes, one for each branch. */
const MAPS: Readonly<Record<Branch, string>> = { ordinary: 'ordinary', exempt: 'exempt' };
const SETS: Readonly<Record<Family, string>> = { v4: 'exempt4', v6: 'exempt6' };
/** Elements on one line: long lines are hard to read, and there may be thousands. */
const PER_LINE = 50;

/**
 * What is sent without a known sender's class goes to the node's own leaves. A priority of our handle
 * picks the class directly (HTB); on any other interface it means nothing.
 */
const SKELETON = `table ${TABLE} {
  map ${MAPS.ordinary} {
    type uid : classid
    flags interval
  }
  map ${MAPS.exempt} {
    type uid : classid
    flags interval
  }
  set ${SETS.v4} {
    type ipv4_addr
    flags interval
  }
  set ${SETS.v6} {
    type ipv6_addr
    flags interval
  }
  chain to_exempt {
    meta priority set ${classId(FIXED_MINORS.nodeExempt)}
    meta priority set meta skuid map @${MAPS.exempt}
  }
  chain out {
    type filter hook output priority mangle; policy accept;
    ip daddr @${SETS.v4} goto to_exempt
    ip6 daddr @${SETS.v6} goto to_exempt
    meta priority set meta skuid map @${MAPS.ordinary}
  }
}`.split('\n');

function elements(
  verb: 'add' | 'delete',
  container: string,
  list: readonly string[],
): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < list.length; at += PER_LINE) {
    const some = list.slice(at, at + PER_LINE).join(', ');
    lines.push(`${verb} element ${TABLE} ${container} { ${some} }`);
  }
  return lines;
}

function sliverElements(verb: 'add' | 'delete', leaves: SliverLeaves): readonly string[] {
  const { index, first, last } = leaves;
  const entry = (branch: Branch) => `${first}-${last} : ${classId(minorOf(index, branch))}`;
  return [
    ...elements(verb, MAPS.ordinary, [entry('ordinary')]),
    ...elements(verb, MAPS.exempt, [entry('exempt')]),
  ];
}

/** renderNftLines returns the lines that one step needs; none where it does not concern nft. */
export function renderNftLines(step: BandwidthStep): readonly string[] {
  switch (step.step) {
    case 'remove-tree':
      return [`add table ${TABLE}`, `delete table ${TABLE}`];
    case 'install-tree':
      // Added first, so that the deletion of what may be left of it cannot fail.
      return [`add table ${TABLE}`, `delete table ${TABLE}`, ...SKELETON];
    case 'add-sliver':
      return sliverElements('add', step.leaves);
    case 'remove-sliver':
      return sliverElements('delete', step.leaves);
    case 'add-networks':
      return elements('add', SETS[step.family], step.networks);
    case 'remove-networks':
      return elements('delete', SETS[step.family], step.networks);
    case 'change-class':
    case 'change-leaf':
      return [];
  }
}
