/**
 * Brings the node's bandwidth limits in line with the feed and with the slivers on the machine. The loop has
 * one subject, the uplink. What should be, and what to change, is decided in plan/.
 */
import type { Agent, Plan, Timing } from '@nodemgr/agent';
import type { FeedSubscription } from '@nodemgr/bus';
import type { Unmet } from '@nodemgr/contracts';
import { type FailureBoard, Waits } from '@nodemgr/daemon';
import {
  type AccountName,
  BWCAP_KEY,
  type RecordKey,
  type Revision,
  type Rspec,
  recordKeyOf,
  sliverOfKey,
} from '@nodemgr/records';
import type { DayWatch } from './days/day-watch.ts';
import { type NodeSettings, nodeDemandOf } from './desired/node-demand.ts';
import { cutBy, KERNEL_DIFFERED, type Reason } from './desired/reasons.ts';
import { type Ranges, rangesChanged, sliverDemandOf } from './desired/sliver-demand.ts';
import { type Kernel, SIGNS, type SignName } from './kernel/port.ts';
import type { FoundUplink, Uplink } from './kernel/uplink.ts';
import { BRANCHES } from './limits/htb-tree.ts';
import { type Cut, NO_CUT } from './limits/limit.ts';
import type { BandwidthState } from './observed/bandwidth-state.ts';
import { BandwidthPlanner } from './plan/bandwidth-planner.ts';
import { type BandwidthStep, isLarge } from './plan/bandwidth-steps.ts';
import { LeafDecisions } from './plan/leaf-decisions.ts';
import type { SliverLeaves } from './plan/plan-bandwidth.ts';

export type Subject = 'uplink';
export const UPLINK: Subject = 'uplink';

/** All changes of one pass: applied together. */
export interface Batch {
  readonly changes: readonly BandwidthStep[];
  /** Why each sliver's leaves are changed. */
  readonly reasons: ReadonlyMap<AccountName, Reason>;
  /** The feed's revision that it was decided by. */
  readonly revision: Revision | undefined;
}

export interface AgentParts {
  readonly kernel: Kernel;
  readonly node: NodeSettings;
  /** The uplink at the start. */
  readonly found: FoundUplink;
  /** The slivers that are on the machine at the start. */
  readonly ranges: Ranges;
  /** What slivers have sent today, and whose rates are cut for that. */
  readonly days: Pick<DayWatch, 'book' | 'soon' | 'around'>;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly timing: Pick<Timing, 'now' | 'after'>;
  readonly feed: () => Pick<FeedSubscription, 'items' | 'position'>;
  /** Asks for another look; `revision` when it is for a change of the feed. */
  readonly wake: (revision?: Revision) => void;
  /** Asks for another attempt, because something may have been mended. */
  readonly retry: () => void;
}

const MIN_RATES_SUBJECT = 'min rates';
/** At the first look after this long the kernel is read again, should anyone else have changed it. */
const READ_AGAIN_MS = 150_000;

export class BandwidthAgent implements Agent<Subject, BandwidthState, Batch> {
  readonly #parts: AgentParts;
  readonly #planner: BandwidthPlanner;
  /** By what decisions the leaves are as they are. */
  readonly decisions: Pick<LeafDecisions, 'on' | 'done'> = new LeafDecisions();
  readonly #waits: Waits<Subject, SignName>;
  #found: FoundUplink;
  #ranges: Ranges;
  /** When the kernel was read; undefined: it must be read again. */
  #readAt: number | undefined;
  /** How often somebody has had reason to doubt what is known. */
  #doubts = 0;
  #reportedCut: Cut = NO_CUT;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#planner = new BandwidthPlanner(parts.node);
    this.#found = parts.found;
    this.#ranges = parts.ranges;
    this.#waits = new Waits({
      signs: parts.kernel.signs,
      wake: parts.retry,
      after: (ms, action) => parts.timing.after(ms, action),
      monotonicMs: () => performance.now(),
    });
    this.#askForNode();
    this.#askForSlivers(parts.ranges.keys());
    this.#reportCut();
  }

  /** What the kernel has, as far as is known. */
  get observed(): BandwidthState {
    return this.#planner.observed;
  }

  get uplink(): Uplink | undefined {
    return this.#found.uplink;
  }

  /** Why nothing can be limited at all; undefined: it can. */
  get hindrance(): string | undefined {
    const { inTheWay } = this.observed;
    const found = this.#found;
    if (found.uplink === undefined) return `${found.missing}: bandwidth is not limited`;
    if (inTheWay === undefined) return undefined;
    return `${found.uplink.name} has a root qdisc of someone else's (${inTheWay}), which is left alone: bandwidth is not limited`;
  }

  /** feedChanged takes note of a change of the feed. */
  feedChanged(keys: readonly RecordKey[] | 'all', revision: Revision): void {
    if (keys === 'all' || keys.includes(BWCAP_KEY)) this.#askForNode();
    const names =
      keys === 'all' ? [...this.#ranges.keys()] : keys.flatMap((key) => sliverOfKey(key) ?? []);
    this.#askForSlivers(names);
    this.#reportCut();
    const { days } = this.#parts;
    if (names.some((name) => days.book.concerns(name, this.rspecOf(name)))) days.soon();
    this.#parts.wake(revision);
  }

  /** rangesRead takes note of the slivers on the machine, and of their user ids. */
  rangesRead(ranges: Ranges): void {
    if (ranges === this.#ranges) return;
    const changed = rangesChanged(this.#ranges, ranges);
    this.#ranges = ranges;
    if (changed.length === 0) return;
    this.#askForSlivers(changed);
    this.#reportCut();
    this.#parts.wake();
  }

  /** dayRatesChanged takes note of slivers whose rates are cut for the rest of the day, or are not any more. */
  dayRatesChanged(names: readonly AccountName[]): void {
    const { book } = this.#parts.days;
    this.#askForSlivers(names, (name) =>
      cutBy(BRANCHES.flatMap((branch) => book.reasonOf(name, branch) ?? [])),
    );
    this.#parts.wake();
  }

  /** rspecOf returns a sliver's effective RSpec; undefined: no record names it now. */
  rspecOf(name: AccountName): Rspec | undefined {
    const item = this.#parts.feed().items.get(recordKeyOf('sliver', name));
    return item?.kind === 'account' ? item.effective : undefined;
  }

  /** uplinkFound takes note of the interface that is the uplink now. */
  uplinkFound(found: FoundUplink): void {
    if (sameUplink(this.#found, found)) return;
    this.#found = found;
    this.#askForNode();
    this.#reportCut();
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
    if (uplink === undefined || recent) return this.observed;
    const doubts = this.#doubts;
    const observed = await this.#attempt(() => this.#parts.kernel.read(uplink));
    // What has happened while it was read may not be in it.
    if (this.#doubts === doubts) this.#readAt = now;
    this.#planner.found(observed);
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
    if (changes.length === 0) return { steps: [] };
    const names = changes.flatMap((step) => ('name' in step ? [step.name] : []));
    const reasons = new Map(
      names.map((name) => [name, this.#planner.reasonFor(name) ?? KERNEL_DIFFERED]),
    );
    return { steps: [{ changes, reasons, revision: this.#parts.feed().position.revision }] };
  }

  adopt(_key: Subject, { steps, unmet }: Plan<Batch>): void {
    if (steps.length === 0 && unmet === undefined && this.#isHeard()) this.#planner.settled();
  }

  async execute(_key: Subject, { changes, reasons, revision }: Batch): Promise<void> {
    const readAt = this.#readAt;
    // Until the batch has been applied as a whole, nobody knows what is there.
    this.#readAt = undefined;
    const { days, kernel } = this.#parts;
    await days.around(changes, () => this.#attempt(() => kernel.apply(changes)));
    const before = this.observed.slivers;
    const at = Math.floor(this.#parts.timing.now());
    this.#planner.applied(changes);
    this.decisions.done(changes, before, (name) => ({
      at,
      revision,
      ...(reasons.get(name) ?? KERNEL_DIFFERED),
    }));
    if (!changes.some(isLarge)) this.#readAt = readAt;
  }

  nameOf(): string {
    return 'apply';
  }

  /** stop gives up what is still waited for. */
  stop(): void {
    this.#waits.stop();
  }

  /** changes returns what is to be changed; nothing before the feed has spoken, and without an uplink. */
  changes(): readonly BandwidthStep[] {
    return this.#isHeard() ? this.#planner.changes() : [];
  }

  /** wantedFor returns the leaves that a sliver ought to have; undefined: it is not on the machine. */
  wantedFor(name: AccountName): SliverLeaves | undefined {
    return this.#planner.wantedFor(name);
  }

  #isHeard(): boolean {
    return this.#parts.feed().position.state !== 'waiting';
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

  #askForNode(): void {
    const { node, feed } = this.#parts;
    const { uplink } = this.#found;
    this.#planner.nodeAsked(uplink && nodeDemandOf(node, uplink, feed().items));
  }

  /** `reasonFor` where their rates are others today, and what is asked for them is not. */
  #askForSlivers(
    names: Iterable<AccountName>,
    reasonFor?: (name: AccountName) => Reason | undefined,
  ): void {
    const { feed, days } = this.#parts;
    const { items } = feed();
    const demands = [...names].map((name) => {
      const day = { rates: days.book.ratesOf(name), reason: reasonFor?.(name) };
      return [name, sliverDemandOf(name, this.#ranges, items, day)] as const;
    });
    this.#planner.sliversAsked(demands);
  }

  /** Reports min rates that add up to more than there is, which are cut for everyone. */
  #reportCut(): void {
    const { cut } = this.#planner;
    if (cut === this.#reportedCut) return;
    this.#reportedCut = cut;
    const { ordinary, exempt } = cut;
    const least = Math.min(ordinary, exempt);
    const { failures } = this.#parts;
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
