/** What the kernel's state is after some steps: as the agent assumes, and as the dry run pretends. Pure. */
import type { AccountName } from '@nodemgr/records';
import type { ClassMinor } from '../limits/htb-tree.ts';
import {
  type BandwidthState,
  NOTHING_INSTALLED,
  type ObservedLeaves,
  type ObservedTree,
  withoutClasses,
} from '../observed/bandwidth-state.ts';
import type { BandwidthStep, StepOf } from './bandwidth-steps.ts';

interface Draft {
  tree: ObservedTree | undefined;
  table: boolean;
  slivers: Map<AccountName, ObservedLeaves>;
  readonly networks: { readonly v4: Set<string>; readonly v6: Set<string> };
  readonly strays: Set<ClassMinor>;
  readonly elsewhere: Set<string>;
}

function draftOf({ tree, table, slivers, networks, strays, elsewhere }: BandwidthState): Draft {
  return {
    tree,
    table,
    slivers: new Map(slivers),
    networks: { v4: new Set(networks.v4), v6: new Set(networks.v6) },
    strays: new Set(strays),
    elsewhere: new Set(elsewhere),
  };
}

function treeOf(draft: Draft, step: BandwidthStep): ObservedTree {
  if (draft.tree === undefined)
    throw new Error(`step ${step.step} needs a tree, and there is none`);
  return draft.tree;
}

/** With a tree all its classes go. */
function withoutTree(draft: Draft): Draft {
  const { strays } = draftOf(NOTHING_INSTALLED);
  return { ...draft, tree: undefined, slivers: withoutClasses(draft.slivers), strays };
}

function removeTree(draft: Draft, { interface: name }: StepOf<'remove-tree'>): Draft {
  draft.elsewhere.delete(name);
  return draft.tree?.interface === name ? withoutTree(draft) : draft;
}

function changeLeaf(draft: Draft, { name, branch, leaves }: StepOf<'change-leaf'>): Draft {
  const have = draft.slivers.get(name) ?? leaves;
  draft.slivers.set(name, { ...have, [branch]: leaves[branch] });
  return draft;
}

function apply(draft: Draft, step: BandwidthStep): Draft {
  switch (step.step) {
    case 'remove-tree':
      return removeTree(draft, step);
    case 'install-tree':
      return { ...withoutTree(draft), tree: step.tree };
    case 'install-table': {
      const { slivers, networks } = draftOf(NOTHING_INSTALLED);
      return { ...draft, table: true, slivers, networks };
    }
    case 'change-class':
      draft.tree = { ...treeOf(draft, step), [step.which]: step.to };
      return draft;
    case 'add-sliver':
      treeOf(draft, step);
      draft.slivers.set(step.name, step.leaves);
      return draft;
    case 'change-leaf':
      return changeLeaf(draft, step);
    case 'remove-sliver':
      draft.slivers.delete(step.name);
      return draft;
    case 'remove-stray':
      draft.strays.delete(step.minor);
      return draft;
    case 'add-networks':
      for (const network of step.networks) draft.networks[step.family].add(network);
      return draft;
    case 'remove-networks':
      for (const network of step.networks) draft.networks[step.family].delete(network);
      return draft;
  }
}

/** applyChanges returns the state as `steps` leave it, all together. */
export function applyChanges(
  state: BandwidthState,
  steps: readonly BandwidthStep[],
): BandwidthState {
  return steps.reduce(apply, draftOf(state));
}
