/**
 * The text for one `nft -f`: which sender's packets go to which class. Pure; nothing is run here. All of
 * it is in a table of our own; the kernel takes a text as a whole or not at all (nft(8)).
 *
 * A packet has no sender when its program has closed the socket: what the kernel still sends for it goes
 * where the connection's packets went before, which the `flows` maps remember. (Connection tracking would
 * know that too; but it is switched on for the whole machine, its marks are anybody's, and one tenant who
 * fills its table cuts off all others.)
 *
 * A connection's user id is that of who opened it: what sshd has accepted is root's, whoever has logged in by
 * it. Its socket is marked with the sliver's first user id when the login is let in (native/login-mark); no
 * tenant can mark one (socket(7), SO_MARK).
 */
import { createHash } from 'node:crypto';
import { FAMILIES, type Family } from '../desired/exempt-networks.ts';
import { BRANCHES, type Branch, classId, FIXED_MINORS, minorOf } from '../limits/htb-tree.ts';
import type { Mapping } from '../observed/bandwidth-state.ts';
import type { BandwidthStep, StepOf } from '../plan/bandwidth-steps.ts';

export const TABLE_FAMILY = 'inet';
export const TABLE_NAME = 'nodemgr';
/** Our table; nobody else's is touched. */
const TABLE = `${TABLE_FAMILY} ${TABLE_NAME}`;
/** Maps from user ids to classes, one for each branch. */
export const MAPS: Readonly<Record<Branch, string>> = { ordinary: 'ordinary', exempt: 'exempt' };
/** Maps from the marks of logins' connections to classes: a mark is the first user id of the sliver. */
export const MARK_MAPS: Readonly<Record<Branch, string>> = {
  ordinary: 'ordinary_logins',
  exempt: 'exempt_logins',
};
export const SETS: Readonly<Record<Family, string>> = { v4: 'exempt4', v6: 'exempt6' };
/** Elements on one line: long lines are hard to read, and there may be thousands. */
const PER_LINE = 50;

/** Connections remembered at once; past that the kernel remembers no new ones, and drops nothing. */
const MAX_FLOWS = 65_536;
/** Longer than TCP waits between two packets of a connection that has something to send (RTO_MAX). */
const FLOW_TIMEOUT = '3m';

interface FlowKey {
  /** Which packets it is for. */
  readonly packets: string;
  /** What a connection is known by. */
  readonly key: string;
}

const FLOWS_OF: Readonly<Record<Family, FlowKey>> = {
  v4: {
    packets: 'meta nfproto ipv4',
    key: 'ip saddr . th sport . ip daddr . th dport',
  },
  // The key of a map that rules write to has 16 bytes and no more in nft 1.0.6 (Debian 12): of the sender's
  // address the last four, of the receiver's the last eight, and both ports.
  v6: {
    packets: 'meta nfproto ipv6',
    key: '@nh,160,32 . @nh,256,64 . @th,0,32',
  },
};
export const FLOWS: Readonly<Record<Family, string>> = { v4: 'flows4', v6: 'flows6' };
const ADDRESSES: Readonly<Record<Family, string>> = { v4: 'ipv4_addr', v6: 'ipv6_addr' };
/** The lines that take our table away, whether it is there or not. */
export const REMOVAL: readonly string[] = [`add table ${TABLE}`, `delete table ${TABLE}`];

/** `verb` what is remembered of the packet's connection: that it is in the class of this packet. */
const flow = (verb: 'update' | 'delete', family: Family): string =>
  `${verb} @${FLOWS[family]} { ${FLOWS_OF[family].key} : meta priority }`;

/** The rules of each chain. A packet whose priority is a class id of its interface's root goes there (HTB). */
export const CHAINS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    // Its connection is remembered; a new one is not what one of the same addresses was before.
    'sent_by_sliver',
    [
      'meta l4proto != { tcp, sctp } return',
      ...FAMILIES.map(
        (family) => `${FLOWS_OF[family].packets} tcp flags syn ${flow('delete', family)}`,
      ),
      ...FAMILIES.map((family) => `${FLOWS_OF[family].packets} ${flow('update', family)}`),
    ],
  ],
  [
    // The sender is no sliver, or is not known any more.
    'sent_by_other',
    [
      'meta skuid != 4294967295 return',
      'meta l4proto != { tcp, sctp } return',
      ...FAMILIES.map((family) => {
        const { packets, key } = FLOWS_OF[family];
        const known = `meta priority set ${key} map @${FLOWS[family]}`;
        return `${packets} ${known} ${flow('update', family)}`;
      }),
    ],
  ],
  [
    'to_exempt',
    [
      `meta priority set ${classId(FIXED_MINORS.nodeExempt)}`,
      `meta priority set meta skuid map @${MAPS.exempt} goto sent_by_sliver`,
      `meta priority set meta mark map @${MARK_MAPS.exempt} goto sent_by_sliver`,
      'goto sent_by_other',
    ],
  ],
  [
    'out',
    [
      // Nothing is limited that stays on the machine.
      'oifname "lo" return',
      `ip daddr @${SETS.v4} goto to_exempt`,
      `ip6 daddr @${SETS.v6} goto to_exempt`,
      `meta priority set meta skuid map @${MAPS.ordinary} goto sent_by_sliver`,
      `meta priority set meta mark map @${MARK_MAPS.ordinary} goto sent_by_sliver`,
      'goto sent_by_other',
    ],
  ],
]);
const HOOKED = 'out';
const HOOK = 'type filter hook output priority mangle; policy accept;';

function mapLines(name: string, key: 'uid' | 'mark'): readonly string[] {
  const flags = key === 'uid' ? ['    flags interval'] : [];
  return [`  map ${name} {`, `    type ${key} : classid`, ...flags, '  }'];
}

function familyLines(family: Family): readonly string[] {
  return [
    `  set ${SETS[family]} {`,
    `    type ${ADDRESSES[family]}`,
    '    flags interval',
    '  }',
    `  map ${FLOWS[family]} {`,
    `    typeof ${FLOWS_OF[family].key} : meta priority`,
    '    flags dynamic,timeout',
    `    timeout ${FLOW_TIMEOUT}`,
    `    size ${MAX_FLOWS}`,
    '  }',
  ];
}

function chainLines(name: string, rules: readonly string[]): readonly string[] {
  const hook = name === HOOKED ? [HOOK] : [];
  return [`  chain ${name} {`, ...[...hook, ...rules].map((line) => `    ${line}`), '  }'];
}

const CONTENTS = [
  ...Object.values(MAPS).flatMap((name) => mapLines(name, 'uid')),
  ...Object.values(MARK_MAPS).flatMap((name) => mapLines(name, 'mark')),
  ...FAMILIES.flatMap(familyLines),
  ...[...CHAINS].flatMap(([name, rules]) => chainLines(name, rules)),
];

/** An empty chain, by whose name a table that another version of these rules has made is known. */
export const VERSION_CHAIN = `version_${createHash('sha256')
  .update(CONTENTS.join())
  .digest('hex')
  .slice(0, 12)}`;

const SKELETON = [`table ${TABLE} {`, ...CONTENTS, ...chainLines(VERSION_CHAIN, []), '}'];

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

function sliverElements(
  verb: 'add' | 'delete',
  slivers: readonly StepOf<'add-sliver' | 'remove-sliver'>[],
): readonly string[] {
  return BRANCHES.flatMap((branch) => {
    const entriesBy = (keyOf: (leaves: Mapping) => string) =>
      slivers.map(({ name, leaves }) => {
        // The name goes along, for people and for the agent when it reads the table.
        const comment = verb === 'add' ? ` comment "${name}"` : '';
        return `${keyOf(leaves)}${comment} : ${classId(minorOf(leaves.index, branch))}`;
      });
    return [
      ...elements(
        verb,
        MAPS[branch],
        entriesBy(({ first, last }) => `${first}-${last}`),
      ),
      ...elements(
        verb,
        MARK_MAPS[branch],
        entriesBy(({ first }) => `${first}`),
      ),
    ];
  });
}

const isAddition = (step: BandwidthStep): step is StepOf<'add-sliver'> =>
  step.step === 'add-sliver';

/**
 * renderNftLines returns the lines that `steps` need; none where they do not concern nft. Slivers are added
 * at the end, and many on a line: for every line nft looks at the whole map.
 */
export function renderNftLines(steps: readonly BandwidthStep[]): readonly string[] {
  return [
    ...steps.filter((step) => !isAddition(step)).flatMap(linesOf),
    ...sliverElements('add', steps.filter(isAddition)),
  ];
}

function linesOf(step: BandwidthStep): readonly string[] {
  switch (step.step) {
    case 'install-table':
      // Added first, so that the deletion of what may be left of it cannot fail.
      return [...REMOVAL, ...SKELETON];
    case 'remove-sliver':
      return sliverElements('delete', [step]);
    case 'add-networks':
      return elements('add', SETS[step.family], step.networks);
    case 'remove-networks':
      return elements('delete', SETS[step.family], step.networks);
    case 'add-sliver':
    case 'remove-tree':
    case 'install-tree':
    case 'change-class':
    case 'change-leaf':
    case 'remove-stray':
      return [];
  }
}
