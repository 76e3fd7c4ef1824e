/** What changes make of the kernel's state, as a model: the dry run pretends with it. Pure. */
import type { AccountName } from '@nodemgr/records';
import type { BandwidthState, NodeTree, SliverLeaves } from './bandwidth-state.ts';
import { NOTHING_INSTALLED } from './bandwidth-state.ts';
import type { BandwidthStep } from './bandwidth-steps.ts';

interface Draft {
  tree: NodeTree | undefined;
  readonly slivers: Map<AccountName, SliverLeaves>;
  readonly networks: { readonly v4: Set<string>; readonly v6: Set<string> };
}

function draftOf({ tree, slivers, networks }: BandwidthState): Draft {
  return {
    tree,
    slivers: new Map(slivers),
    networks: { v4: new Set(networks.v4), v6: new Set(networks.v6) },
  };
}

function treeOf(draft: Draft, step: BandwidthStep): NodeTree {
  if (draft.tree === undefined)
    throw new Error(`step ${step.step} needs a tree, and there is none`);
  return draft.tree;
}

function apply(draft: Draft, step: BandwidthStep): Draft {
  switch (step.step) {
    case 'remove-tree':
      return draftOf(NOTHING_INSTALLED);
    case 'install-tree':
      return { ...draftOf(NOTHING_INSTALLED), tree: step.tree };
    case 'change-class':
      draft.tree = { ...treeOf(draft, step), [step.which]: step.to };
      return draft;
    case 'add-sliver':
      treeOf(draft, step);
      draft.slivers.set(step.name, step.leaves);
      return draft;
    case 'change-leaf': {
      const have = draft.slivers.get(step.name) ?? step.leaves;
      draft.slivers.set(step.name, { ...have, [step.branch]: step.leaves[step.branch] });
      return draft;
    }
    case 'remove-sliver':
      draft.slivers.delete(step.name);
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
