/**
 * Plans the changes of the bandwidth limits, and only for those slivers of which something has changed since
 * the last plan was done. Pure: it keeps what is asked, and what the kernel has, and touches nothing.
 */
import type { AccountName } from '@nodemgr/records';
import type { NodeDemand, NodeSettings } from '../desired/node-demand.ts';
import {
  CUT_CHANGED,
  KERNEL_DIFFERED,
  NODE_CHANGED,
  NOT_HERE,
  type Reason,
} from '../desired/reasons.ts';
import { type SliverDemand, SliverDemands } from '../desired/sliver-demand.ts';
import { type Cut, NO_CUT } from '../limits/limit.ts';
import { cutOf } from '../limits/min-rate.ts';
import { type BandwidthState, NOTHING_INSTALLED } from '../observed/bandwidth-state.ts';
import { applyChanges } from './apply-changes.ts';
import type { BandwidthStep } from './bandwidth-steps.ts';
import { LeafPlaces } from './leaf-places.ts';
import {
  type NodePlan,
  planBandwidth,
  planNode,
  type SliverLeaves,
  type WantedState,
} from './plan-bandwidth.ts';
import { planChanges } from './plan-changes.ts';
import { budgetOf } from './plan-tree.ts';

export class BandwidthPlanner {
  readonly #settings: NodeSettings;
  readonly #demands: SliverDemands;
  readonly #places = new LeafPlaces();
  /** Slivers to be planned for, and why: what was asked for one of them is more of a reason than what concerns all. */
  readonly #changed = new Map<AccountName, Reason>();
  #node: NodePlan | undefined;
  #cut: Cut = NO_CUT;
  /** What the kernel had when it was last read, with what has been applied since. */
  #observed: BandwidthState = NOTHING_INSTALLED;

  constructor(settings: NodeSettings) {
    this.#settings = settings;
    this.#demands = new SliverDemands(settings.link, settings.defaults);
  }

  /** What the kernel has, as far as is known. */
  get observed(): BandwidthState {
    return this.#observed;
  }

  /** The factor that the min rates of all slivers are cut by. */
  get cut(): Cut {
    return this.#cut;
  }

  /** nodeAsked takes note of what is asked for the node; undefined: it has no uplink, and nothing is planned. */
  nodeAsked(demand: NodeDemand | undefined): void {
    this.#node = demand && planNode(demand);
    this.#recut();
    this.#noteAll(NODE_CHANGED);
  }

  /** sliversAsked takes note of what is asked for some slivers; undefined: it is not on the machine. */
  sliversAsked(demands: Iterable<readonly [AccountName, SliverDemand | undefined]>): void {
    for (const [name, demand] of demands) {
      this.#demands.set(name, demand);
      this.#changed.set(name, demand?.reason ?? NOT_HERE);
      this.#releaseGone(name);
    }
    this.#recut();
  }

  /** found takes note of what the kernel has: all slivers are planned for again. */
  found(observed: BandwidthState): void {
    const before = this.#observed.slivers;
    this.#observed = observed;
    this.#places.found(observed.slivers);
    for (const name of before.keys()) this.#releaseGone(name);
    this.#noteAll(KERNEL_DIFFERED);
  }

  /** applied takes note that `steps` have been carried out. */
  applied(steps: readonly BandwidthStep[]): void {
    this.#observed = applyChanges(this.#observed, steps);
    for (const step of steps) {
      if (step.step === 'add-sliver') this.#places.claim(step.name, step.leaves.index);
      if (step.step === 'remove-sliver') this.#releaseGone(step.name);
    }
  }

  /** settled says that nothing was left to be changed: the next plan is for what changes from now on. */
  settled(): void {
    this.#changed.clear();
  }

  /** changes returns what is to be changed; nothing without an uplink, or where somebody else's root is on it. */
  changes(): readonly BandwidthStep[] {
    if (this.#node === undefined || this.#observed.inTheWay !== undefined) return [];
    const names = [...this.#changed.keys()].sort();
    return planChanges(this.#wanted(this.#node, names, names), this.#observed);
  }

  /** reasonFor returns why a sliver is planned for now; undefined: it is not. */
  reasonFor(name: AccountName): Reason | undefined {
    return this.#changed.get(name);
  }

  /** wantedFor returns the leaves that a sliver ought to have; undefined: it is not on the machine. */
  wantedFor(name: AccountName): SliverLeaves | undefined {
    if (this.#node === undefined) return undefined;
    const pending = new Set([...this.#changed.keys(), name]);
    return this.#wanted(this.#node, [...pending].sort(), [name]).slivers.get(name);
  }

  /** `pending` are the slivers that take their places together, in this order. */
  #wanted(
    node: NodePlan,
    pending: readonly AccountName[],
    names: readonly AccountName[],
  ): WantedState {
    const demands = this.#demands.all;
    return planBandwidth(
      {
        node,
        cut: this.#cut,
        defaults: this.#settings.defaults,
        demands,
        places: this.#places.placesFor(pending.filter((name) => demands.has(name))),
        held: this.#observed.slivers,
      },
      names,
    );
  }

  /** A sliver that comes back before the kernel has let it go is where it was. */
  #releaseGone(name: AccountName): void {
    const isThere = this.#demands.all.has(name) || this.#observed.slivers.has(name);
    if (!isThere) this.#places.release(name);
  }

  #noteAll(reason: Reason): void {
    for (const names of [this.#demands.all.keys(), this.#observed.slivers.keys()]) {
      for (const name of names) if (!this.#changed.has(name)) this.#changed.set(name, reason);
    }
  }

  /** Where the cut is another one, the leaves of all slivers are. */
  #recut(): void {
    if (this.#node === undefined) return;
    const { ordinary, exempt } = cutOf(budgetOf(this.#node.tree), this.#demands.promised);
    if (ordinary === this.#cut.ordinary && exempt === this.#cut.exempt) return;
    this.#cut = { ordinary, exempt };
    this.#noteAll(CUT_CHANGED);
  }
}
