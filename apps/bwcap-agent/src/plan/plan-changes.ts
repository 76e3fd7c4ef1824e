/**
 * Compares what is wanted with what the kernel has, and lists the changes: removals first, nothing for
 * what is the same. Pure.
 */
import type { AccountName } from '@nodemgr/records';
import { type ExemptNetworks, FAMILIES } from '../desired/exempt-networks.ts';
import { sameClass } from '../limits/htb-class.ts';
import { BRANCHES, FIXED_CLASSES, minorOf } from '../limits/htb-tree.ts';
import {
  type BandwidthState,
  type Mapping,
  NOTHING_INSTALLED,
  type ObservedLeaves,
  type ObservedTree,
  withoutClasses,
} from '../observed/bandwidth-state.ts';
import type { BandwidthStep } from './bandwidth-steps.ts';
import type { SliverLeaves, WantedState } from './plan-bandwidth.ts';
import type { NodeTree } from './plan-tree.ts';

function treeChanges(wanted: NodeTree, have: ObservedTree | undefined): readonly BandwidthStep[] {
  if (have === undefined) return [{ step: 'install-tree', tree: wanted }];
  return FIXED_CLASSES.filter((which) => !sameClass(wanted[which], have[which])).map((which) => ({
    step: 'change-class',
    interface: wanted.interface,
    which,
    to: wanted[which],
  }));
}

function networkChanges(wanted: ExemptNetworks, have: ExemptNetworks): readonly BandwidthStep[] {
  return FAMILIES.flatMap((family) => {
    const gone = [...have[family]].filter((network) => !wanted[family].has(network));
    const added = [...wanted[family]].filter((network) => !have[family].has(network));
    const steps: BandwidthStep[] = [];
    if (gone.length > 0) steps.push({ step: 'remove-networks', family, networks: gone });
    if (added.length > 0) steps.push({ step: 'add-networks', family, networks: added });
    return steps;
  });
}

interface SliverChanges {
  readonly removals: readonly BandwidthStep[];
  readonly additions: readonly BandwidthStep[];
}
const SAME: SliverChanges = { removals: [], additions: [] };

const samePlace = (a: Mapping, b: Mapping): boolean =>
  a.index === b.index && a.first === b.first && a.last === b.last;

function sliverChanges(
  uplink: string,
  name: AccountName,
  wanted: SliverLeaves | undefined,
  have: ObservedLeaves | undefined,
): SliverChanges {
  const of = <Leaves>(leaves: Leaves) => ({ interface: uplink, name, leaves });
  if (wanted === undefined) {
    if (have === undefined) return SAME;
    return { removals: [{ step: 'remove-sliver', ...of(have) }], additions: [] };
  }
  if (have !== undefined && samePlace(wanted, have)) {
    const changed = BRANCHES.filter((branch) => !sameClass(wanted[branch], have[branch]));
    return {
      removals: [],
      additions: changed.map((branch) => ({ step: 'change-leaf', branch, ...of(wanted) })),
    };
  }
  // Other user ids: the old ones are let go before anyone is given them.
  return {
    removals: have === undefined ? [] : [{ step: 'remove-sliver', ...of(have) }],
    additions: [{ step: 'add-sliver', ...of(wanted) }],
  };
}

/** What is left of `observed` where its tree is on another interface than the uplink, or nowhere. */
function onUplink(observed: BandwidthState, uplink: string): BandwidthState {
  if (observed.tree?.interface === uplink) return observed;
  const slivers = withoutClasses(observed.slivers);
  return { ...observed, tree: undefined, slivers, strays: NOTHING_INSTALLED.strays };
}

function leftovers(
  { tree, strays, elsewhere }: BandwidthState,
  wanted: WantedState,
): readonly BandwidthStep[] {
  const uplink = wanted.tree.interface;
  const moved = tree === undefined || tree.interface === uplink ? [] : [tree.interface];
  const trees = new Set([...moved, ...elsewhere]);
  const used = new Set(
    [...wanted.slivers.values()].flatMap((leaves) =>
      leaves === undefined ? [] : BRANCHES.map((branch) => minorOf(leaves.index, branch)),
    ),
  );
  return [
    ...[...trees].map((name) => ({ step: 'remove-tree' as const, interface: name })),
    ...[...(moved.length > 0 ? [] : strays)]
      .filter((minor) => !used.has(minor))
      .map((minor) => ({ step: 'remove-stray' as const, interface: uplink, minor })),
  ];
}

/**
 * planChanges returns the changes that make `observed` what is wanted; none when nothing differs. Where
 * the tree or the table is not there, `wanted` must be of all slivers.
 */
export function planChanges(
  wanted: WantedState,
  observed: BandwidthState,
): readonly BandwidthStep[] {
  const uplink = wanted.tree.interface;
  const have = onUplink(observed, uplink);
  const removals: BandwidthStep[] = [];
  const additions: BandwidthStep[] = [];
  for (const [name, leaves] of wanted.slivers) {
    const changes = sliverChanges(uplink, name, leaves, have.slivers.get(name));
    removals.push(...changes.removals);
    additions.push(...changes.additions);
  }
  return [
    ...leftovers(observed, wanted),
    ...(have.table ? [] : [{ step: 'install-table' as const }]),
    ...treeChanges(wanted.tree, have.tree),
    ...removals,
    ...networkChanges(wanted.networks, have.networks),
    ...additions,
  ];
}
