/**
 * Brings the node's bandwidth limits in line with the feed and with the slivers on the machine. One
 * subject, the uplink; of its slivers only those are planned for of which something has changed, and now
 * and then all. What should be is decided in plan-bandwidth.ts, what to change in plan-changes.ts.
 */
import type { Agent, Plan, Timing } from '@nodemgr/agent';
import type { FeedSubscription } from '@nodemgr/bus';
import type { FailureBoard } from '@nodemgr/daemon';
import {
  type AccountName,
  BWCAP_KEY,
  hostUid,
  type RecordKey,
  recordKeyOf,
} from '@nodemgr/records';
import {
  type BandwidthState,
  type LeafIndex,
  NOTHING_INSTALLED,
  type SliverLeaves,
} from './bandwidth-state.ts';
import type { BandwidthStep } from './bandwidth-steps.ts';
import type { Kernel } from './kernel.ts';
import {
  freeLeaves,
  type NodeDemand,
  planCut,
  planNode,
  planSliver,
  type SliverDemand,
} from './plan-bandwidth.ts';
import { planChanges } from './plan-changes.ts';
import { type Cut, NO_CUT } from './plan-classes.ts';
import { type Ranges, rangesChanged, SliverDemands } from './sliver-demands.ts';

export type Uplink = 'uplink';
export const UPLINK: Uplink = 'uplink';

/** All changes of one pass: applied together. */
export interface Batch {
  readonly changes: readonly BandwidthStep[];
}

export interface AgentParts {
  readonly kernel: Kernel;
  /** What the node asks for beside `bwcap`. */
  readonly node: Omit<NodeDemand, 'cap' | 'exemptIps'>;
  /** The slivers that are on the machine at the start. */
  readonly ranges: Ranges;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly timing: Pick<Timing, 'now'>;
  readonly feed: () => Pick<FeedSubscription, 'items' | 'position'>;
  /** Asks for another look; `revision` when it is for a change of the feed. */
  readonly wake: (revision?: number) => void;
}

const MIN_RATES_SUBJECT = 'min rates';
/** At the first look after this long all slivers are compared, not only those that have changed. */
const COMPARE_ALL_MS = 150_000;

export class BandwidthAgent implements Agent<Uplink, BandwidthState, Batch> {
  readonly #parts: AgentParts;
  readonly #demands: SliverDemands;
  /** Slivers to be planned for. */
  readonly #changed = new Set<AccountName>();
  #ranges: Ranges;
  #node: ReturnType<typeof planNode> & { readonly demand: NodeDemand };
  #cut: Cut = NO_CUT;
  #observed: BandwidthState = NOTHING_INSTALLED;
  #comparedAllAt = Number.NEGATIVE_INFINITY;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#ranges = parts.ranges;
    this.#demands = new SliverDemands(parts.node);
    this.#node = this.#readNode();
  }

  /** What the kernel had when it was last looked at. */
  get observed(): BandwidthState {
    return this.#observed;
  }

  /** feedChanged takes note of a change of the feed. */
  feedChanged(keys: readonly RecordKey[] | 'all', revision: number): void {
    if (keys === 'all' || keys.includes(BWCAP_KEY)) this.#node = this.#readNode();
    if (keys === 'all') this.#readAll();
    else for (const key of keys) this.#read(sliverIn(key));
    this.#recut();
    this.#parts.wake(revision);
  }

  /** rangesRead takes note of which slivers are on the machine, and of their user ids. */
  rangesRead(ranges: Ranges): void {
    if (ranges === this.#ranges) return;
    const changed = rangesChanged(this.#ranges, ranges);
    this.#ranges = ranges;
    if (changed.length === 0) return;
    for (const name of changed) this.#read(name);
    this.#recut();
    this.#parts.wake();
  }

  keys(): Iterable<Uplink> {
    return [UPLINK];
  }

  async observe(_key: Uplink, signal: AbortSignal): Promise<BandwidthState> {
    this.#observed = await this.#parts.kernel.observe(signal);
    const now = this.#parts.timing.now();
    const moved = this.#observed.tree?.interface !== this.#node.tree.interface;
    if (moved || now - this.#comparedAllAt > COMPARE_ALL_MS) {
      this.#comparedAllAt = now;
      this.#readAll();
    }
    return this.#observed;
  }

  plan(_key: Uplink, observed: BandwidthState): Plan<Batch> {
    const changes = this.changes(observed);
    if (changes.length > 0) return { steps: [{ changes }] };
    this.#changed.clear();
    return { steps: [] };
  }

  async execute(_key: Uplink, { changes }: Batch, signal: AbortSignal): Promise<void> {
    await this.#parts.kernel.apply(changes, signal);
  }

  nameOf(): string {
    return 'apply';
  }

  /** changes returns what is to be changed of `observed`. Before the feed has spoken: nothing. */
  changes(observed: BandwidthState): readonly BandwidthStep[] {
    if (this.#parts.feed().position.state === 'waiting') return [];
    const { tree, networks } = this.#node;
    const free = freeLeaves(observed.slivers);
    const slivers = new Map<AccountName, SliverLeaves | undefined>();
    for (const name of [...this.#changed].sort()) {
      slivers.set(name, this.#leavesOf(name, observed, free));
    }
    return planChanges({ tree, networks, slivers }, observed);
  }

  /** wantedFor returns the leaves that a sliver ought to have; undefined: it is not on the machine. */
  wantedFor(name: AccountName): SliverLeaves | undefined {
    return this.#leavesOf(name, this.#observed, freeLeaves(this.#observed.slivers));
  }

  #leavesOf(
    name: AccountName,
    observed: BandwidthState,
    free: () => LeafIndex,
  ): SliverLeaves | undefined {
    const demand = this.#demands.all.get(name);
    if (demand === undefined) return undefined;
    return planSliver(demand, this.#node.demand, this.#cut, observed.slivers.get(name), free);
  }

  #readNode() {
    const item = this.#parts.feed().items.get(BWCAP_KEY);
    const record = item?.kind === 'bwcap' ? item.record : undefined;
    const demand: NodeDemand = {
      ...this.#parts.node,
      cap: record?.cap,
      exemptIps: record?.exempt_ips ?? [],
    };
    return { ...planNode(demand), demand };
  }

  /** Takes every sliver up again that is known in any way. */
  #readAll(): void {
    const known = [this.#demands.all, this.#ranges, this.#observed.slivers];
    for (const name of new Set(known.flatMap((slivers) => [...slivers.keys()]))) this.#read(name);
  }

  #read(name: AccountName | undefined): void {
    if (name === undefined) return;
    this.#changed.add(name);
    this.#demands.set(name, this.#demandOf(name));
  }

  #demandOf(name: AccountName): SliverDemand | undefined {
    const range = this.#ranges.get(name);
    if (range === undefined) return undefined;
    const item = this.#parts.feed().items.get(recordKeyOf('sliver', name));
    return {
      rspec: item?.kind === 'account' ? item.effective : undefined,
      first: range.first,
      last: hostUid(range.first + range.count - 1),
    };
  }

  /** Min rates that add up to more than there is are cut for everyone, and that is reported. */
  #recut(): void {
    const cut = planCut(this.#node.tree, this.#demands.promised);
    if (cut.ordinary === this.#cut.ordinary && cut.exempt === this.#cut.exempt) return;
    this.#cut = cut;
    this.#readAll();
    const { failures } = this.#parts;
    const least = Math.min(cut.ordinary, cut.exempt);
    if (least === 1) failures.clear(MIN_RATES_SUBJECT);
    else {
      const reason = `slivers are promised more than there is: min rates are cut to ${Math.floor(least * 100)}%`;
      failures.report({ subject: MIN_RATES_SUBJECT, action: 'guarantee', reason });
    }
  }
}

const SLIVER_KEY = /^sliver_(.+)$/;

/** Keys are made by recordKeyOf from checked names. */
function sliverIn(key: RecordKey): AccountName | undefined {
  return SLIVER_KEY.exec(key)?.[1] as AccountName | undefined;
}
