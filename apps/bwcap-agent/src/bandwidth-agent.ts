/**
 * Brings the node's bandwidth limits in line with the feed and with the slivers on the machine. One
 * subject, the uplink; of its slivers only those are planned for of which something has changed, and now
 * and then all. What should be is decided in plan-bandwidth.ts, what to change in plan-changes.ts.
 */
import type { Agent, Plan, Timing } from '@nodemgr/agent';
import type { FeedSubscription } from '@nodemgr/bus';
import type { Unmet } from '@nodemgr/contracts';
import { type FailureBoard, Waits } from '@nodemgr/daemon';
import {
  type AccountName,
  BWCAP_KEY,
  hostUid,
  type RecordKey,
  recordKeyOf,
} from '@nodemgr/records';
import { type Ranges, rangesChanged, SliverDemands } from './desired/sliver-demands.ts';
import { type Kernel, SIGNS, type SignName } from './kernel/port.ts';
import type { FoundUplink, Uplink } from './kernel/uplink.ts';
import { type Cut, NO_CUT } from './limits/plan-classes.ts';
import {
  type BandwidthState,
  NOTHING_INSTALLED,
  type SliverLeaves,
} from './observed/bandwidth-state.ts';
import { applyChanges } from './plan/apply-changes.ts';
import { type BandwidthStep, isLarge } from './plan/bandwidth-steps.ts';
import { LeafPlaces } from './plan/leaf-places.ts';
import {
  type NodeDemand,
  type NodePlan,
  planCut,
  planNode,
  planSliver,
  type SliverDemand,
} from './plan/plan-bandwidth.ts';
import { planChanges } from './plan/plan-changes.ts';

export type Subject = 'uplink';
export const UPLINK: Subject = 'uplink';

/** All changes of one pass: applied together. */
export interface Batch {
  readonly changes: readonly BandwidthStep[];
}

export interface AgentParts {
  readonly kernel: Kernel;
  /** What the node asks for beside `bwcap` and the uplink. */
  readonly node: Pick<NodeDemand, 'link' | 'defaults'>;
  /** The uplink at the start. */
  readonly found: FoundUplink;
  /** The slivers that are on the machine at the start. */
  readonly ranges: Ranges;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly timing: Pick<Timing, 'now' | 'after'>;
  readonly feed: () => Pick<FeedSubscription, 'items' | 'position'>;
  /** Asks for another look; `revision` when it is for a change of the feed. */
  readonly wake: (revision?: number) => void;
  /** Asks for another attempt, because something may have been mended. */
  readonly retry: () => void;
}

const MIN_RATES_SUBJECT = 'min rates';
/** At the first look after this long the kernel is read again, should anyone else have changed it. */
const READ_AGAIN_MS = 150_000;

export class BandwidthAgent implements Agent<Subject, BandwidthState, Batch> {
  readonly #parts: AgentParts;
  readonly #demands: SliverDemands;
  readonly #places = new LeafPlaces();
  readonly #waits: Waits<Subject, SignName>;
  /** Slivers to be planned for. */
  readonly #changed = new Set<AccountName>();
  #found: FoundUplink;
  #ranges: Ranges;
  #node: NodePlan | undefined;
  #cut: Cut = NO_CUT;
  /** What the kernel had when it was last read, and what has been changed since. */
  #observed: BandwidthState = NOTHING_INSTALLED;
  /** When it was read; undefined: it must be read again. */
  #readAt: number | undefined;
  /** How often somebody has had reason to doubt what is known. */
  #doubts = 0;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#found = parts.found;
    this.#ranges = parts.ranges;
    this.#demands = new SliverDemands(parts.node);
    this.#waits = new Waits({
      signs: parts.kernel.signs,
      wake: parts.retry,
      after: (ms, action) => parts.timing.after(ms, action),
      monotonicMs: () => performance.now(),
    });
    this.#node = this.#planNode();
  }

  /** What the kernel has, as far as is known. */
  get observed(): BandwidthState {
    return this.#observed;
  }

  get uplink(): Uplink | undefined {
    return this.#found.uplink;
  }

  /** Why nothing can be limited at all; undefined: it can. */
  get hindrance(): string | undefined {
    const { inTheWay } = this.#observed;
    const found = this.#found;
    if (found.uplink === undefined) return `${found.missing}: bandwidth is not limited`;
    if (inTheWay === undefined) return undefined;
    return `${found.uplink.name} has a root qdisc of someone else's (${inTheWay}), which is left alone: bandwidth is not limited`;
  }

  /** feedChanged takes note of a change of the feed. */
  feedChanged(keys: readonly RecordKey[] | 'all', revision: number): void {
    const isNode = keys === 'all' || keys.includes(BWCAP_KEY);
    if (isNode) this.#node = this.#planNode();
    if (isNode) this.#noteAll();
    else for (const key of keys) this.#note(sliverIn(key));
    this.#recut();
    this.#parts.wake(revision);
  }

  /** rangesRead takes note of which slivers are on the machine, and of their user ids. */
  rangesRead(ranges: Ranges): void {
    if (ranges === this.#ranges) return;
    const changed = rangesChanged(this.#ranges, ranges);
    this.#ranges = ranges;
    if (changed.length === 0) return;
    for (const name of changed) this.#note(name);
    this.#recut();
    this.#parts.wake();
  }

  /** uplinkFound takes note of which interface is the uplink now. */
  uplinkFound(found: FoundUplink): void {
    if (sameUplink(this.#found, found)) return;
    this.#found = found;
    this.#node = this.#planNode();
    this.lookAgain();
  }

  /** lookAgain says that someone else may have changed what the kernel has. */
  lookAgain(): void {
    this.#doubts += 1;
    this.#readAt = undefined;
    this.#parts.retry();
  }

  keys(): Iterable<Subject> {
    return [UPLINK];
  }

  async observe(): Promise<BandwidthState> {
    const { uplink } = this.#found;
    const now = this.#parts.timing.now();
    const recent = this.#readAt !== undefined && now - this.#readAt <= READ_AGAIN_MS;
    if (uplink === undefined || recent) return this.#observed;
    const doubts = this.#doubts;
    const observed = await this.#attempt(() => this.#parts.kernel.read(uplink));
    // What has happened while it was read may not be in it.
    if (this.#doubts === doubts) this.#readAt = now;
    this.#observed = observed;
    this.#places.found(observed.slivers);
    this.#noteAll();
    this.#recut();
    return observed;
  }

  /** unmet returns why nothing can be limited now; undefined when something can. */
  get unmet(): Unmet | undefined {
    const reason = this.hindrance;
    return reason === undefined ? undefined : { outcome: 'withheld', action: 'limit', reason };
  }

  plan(): Plan<Batch> {
    const { unmet } = this;
    if (unmet !== undefined) return { steps: [], unmet };
    const changes = this.changes();
    if (changes.length > 0) return { steps: [{ changes }] };
    this.#changed.clear();
    return { steps: [] };
  }

  async execute(_key: Subject, { changes }: Batch): Promise<void> {
    const readAt = this.#readAt;
    // Until it has been made whole, nobody knows what is there.
    this.#readAt = undefined;
    await this.#attempt(() => this.#parts.kernel.apply(changes));
    this.#observed = applyChanges(this.#observed, changes);
    if (!changes.some(isLarge)) this.#readAt = readAt;
  }

  nameOf(): string {
    return 'apply';
  }

  /** stop waits for nothing any more. */
  stop(): void {
    this.#waits.stop();
  }

  /** changes returns what is to be changed. Before the feed has spoken, and without an uplink: nothing. */
  changes(): readonly BandwidthStep[] {
    const node = this.#node;
    const waiting = this.#parts.feed().position.state === 'waiting';
    if (waiting || node === undefined || this.#observed.inTheWay !== undefined) return [];
    const slivers = new Map<AccountName, SliverLeaves | undefined>();
    for (const name of [...this.#changed].sort()) slivers.set(name, this.#leavesOf(name, node));
    return planChanges({ ...node, slivers }, this.#observed);
  }

  /** wantedFor returns the leaves that a sliver ought to have; undefined: it is not on the machine. */
  wantedFor(name: AccountName): SliverLeaves | undefined {
    return this.#node === undefined ? undefined : this.#leavesOf(name, this.#node);
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    await this.#waits.begins(UPLINK);
    try {
      const done = await work();
      this.#waits.works(UPLINK);
      return done;
    } catch (error) {
      this.#waits.failed(UPLINK, SIGNS);
      throw error;
    }
  }

  #leavesOf(name: AccountName, { scale }: NodePlan): SliverLeaves | undefined {
    const demand = this.#demands.all.get(name);
    if (demand === undefined) return undefined;
    const terms = { scale, cut: this.#cut, defaults: this.#parts.node.defaults };
    const place = this.#places.placeOf(name);
    return planSliver(demand, place, terms, this.#observed.slivers.get(name));
  }

  #planNode(): NodePlan | undefined {
    const { uplink } = this.#found;
    if (uplink === undefined) return undefined;
    const item = this.#parts.feed().items.get(BWCAP_KEY);
    const record = item?.kind === 'bwcap' ? item.record : undefined;
    return planNode({
      ...this.#parts.node,
      interface: uplink.name,
      mtu: uplink.mtu,
      cap: record?.cap,
      exemptIps: record?.exempt_ips ?? [],
    });
  }

  /** Takes every sliver up again that is known in any way. */
  #noteAll(): void {
    const known = [this.#demands.all, this.#ranges, this.#observed.slivers];
    for (const name of new Set(known.flatMap((slivers) => [...slivers.keys()]))) this.#note(name);
  }

  #note(name: AccountName | undefined): void {
    if (name === undefined) return;
    this.#changed.add(name);
    const demand = this.#demandOf(name);
    this.#demands.set(name, demand);
    if (demand === undefined) this.#places.release(name);
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
    if (this.#node === undefined) return;
    const cut = planCut(this.#node.tree, this.#demands.promised);
    if (cut.ordinary === this.#cut.ordinary && cut.exempt === this.#cut.exempt) return;
    this.#cut = cut;
    this.#noteAll();
    const { failures } = this.#parts;
    const least = Math.min(cut.ordinary, cut.exempt);
    if (least === 1) failures.clear(MIN_RATES_SUBJECT);
    else {
      const reason = `slivers are promised more than there is: min rates are cut to ${Math.floor(least * 100)}%`;
      failures.report({
        code: 'min-rates',
        subject: MIN_RATES_SUBJECT,
        action: 'guarantee',
        reason,
      });
    }
  }
}

function sameUplink(one: FoundUplink, other: FoundUplink): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

const SLIVER_KEY = /^sliver_(.+)$/;

/** Keys are made by recordKeyOf from checked names. */
function sliverIn(key: RecordKey): AccountName | undefined {
  return SLIVER_KEY.exec(key)?.[1] as AccountName | undefined;
}
