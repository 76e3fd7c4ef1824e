/**
 * Brings the accounts of the machine in line with the feed: connects desired state, slots, limits
 * and the machine to the loop. What should be is decided in desired-account.ts, what to do about it in
 * plan-account.ts; how it is done is the machine's.
 */
import type { Agent, Timing } from '@nodemgr/agent';
import type { FeedSubscription } from '@nodemgr/bus';
import type { Config } from '@nodemgr/config';
import type { EventAuthor } from '@nodemgr/contracts';
import { type FailureBoard, Waits } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import {
  type AccountName,
  type AccountType,
  accountOfKey,
  type ImageName,
  LEASES_KEY,
  type RecordKey,
  type Revision,
  recordKeyOf,
  TIMESTAMP_KEY,
} from '@nodemgr/records';
import { claimsOf } from './desired/desired-account.ts';
import { LeasesHere } from './desired/stop-ahead.ts';
import { DiskWatch } from './disk/disk-watch.ts';
import type { AccountHistory } from './history/account-history.ts';
import { SharedLimits } from './limits/shared-limits.ts';
import { type Machine, StrangerFound } from './machine/port.ts';
import { ABSENT, filesOf, isExpired, type ObservedAccount } from './observed/observed-account.ts';
import {
  type DecidedStep,
  type Decision,
  decideAccount,
  type Grounds,
  judge,
} from './plan/decide-account.ts';
import type { Slot } from './slots/account-ids.ts';
import { SlotTable } from './slots/slot-table.ts';
import { CAUSES, type Cause, causeOf, type SignName } from './waits/causes.ts';
import { DueWatch, type WatchedClock } from './waits/due-watch.ts';

export interface SupervisorParts {
  readonly machine: Machine;
  readonly accounts: Config['accounts'];
  readonly leases: Config['leases'];
  readonly bootId: string;
  readonly failures: Pick<FailureBoard, 'report' | 'clear' | 'find'>;
  readonly timing: Pick<Timing, 'after'>;
  readonly clock: WatchedClock;
  readonly history: Pick<AccountHistory, 'stepDone'>;
  /** The desired state as it is now. */
  readonly feed: () => Pick<FeedSubscription, 'items' | 'position'>;
  /** Asks for another look at some accounts; `revision` when it is for a change of the feed. */
  readonly wake: (names: Iterable<AccountName>, revision?: Revision) => void;
  /** Asks for another attempt at some accounts that fail, because something may have been mended. */
  readonly retry: (names: readonly AccountName[]) => void;
}

export class AccountSupervisor
  implements Agent<AccountName, ObservedAccount, DecidedStep, Decision>
{
  readonly #parts: SupervisorParts;
  readonly #observed = new Map<AccountName, ObservedAccount>();
  readonly #slots: SlotTable;
  readonly #shared: SharedLimits;
  /** Shortfalls that are reported, by their subject. */
  readonly #short = new Map<string, string>();
  readonly #purges: DueWatch;
  /** Of tenants who are to be told of a stop. */
  readonly #tellings: DueWatch;
  readonly #disk: DiskWatch;
  readonly #waits: Waits<AccountName, SignName>;
  /** The cause that each account waits for, by its last plan. */
  readonly #waitsFor = new Map<AccountName, Cause>();

  /** Whose kept files an operator has forgotten, until they are gone. */
  readonly #forgotten = new Map<AccountName, EventAuthor>();

  /** As they are in the feed since its last change. */
  #foundLeases: LeasesHere | undefined;

  private constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#slots = new SlotTable(parts.accounts.slots);
    this.#shared = new SharedLimits(parts.machine.node);
    this.#purges = new DueWatch(parts.clock, parts.timing, parts.wake);
    this.#tellings = new DueWatch(parts.clock, parts.timing, parts.wake);
    this.#disk = new DiskWatch({
      ...parts,
      accounts: () => this.#observed,
      overcommit: parts.accounts.disk_overcommit,
    });
    this.#waits = new Waits({
      signs: parts.machine.signs,
      wake: parts.retry,
      after: (ms, action) => parts.timing.after(ms, action),
      monotonicMs: () => performance.now(),
    });
  }

  /** open looks at the whole machine; rejects when that cannot be done. */
  static async open(parts: SupervisorParts): Promise<AccountSupervisor> {
    const supervisor = new AccountSupervisor(parts);
    const accounts = await parts.machine.observe();
    for (const [name, account] of accounts) supervisor.#remember(name, account);
    await supervisor.#leaveSlotsToOthers();
    supervisor.#disk.start();
    return supervisor;
  }

  /** Accounts as they were last seen; absent ones are not among them. */
  get observed(): ReadonlyMap<AccountName, ObservedAccount> {
    return this.#observed;
  }

  /** grounds returns what decisions are made from now; `slots` may be a copy, to plan on. */
  grounds(slots = this.#slots): Grounds {
    const { feed, bootId, accounts, leases, clock } = this.#parts;
    const newestImage = (name: ImageName) => this.#parts.machine.newestImage(name);
    return {
      feed: feed(),
      bootId,
      accounts,
      leases,
      leasesHere: this.#leasesHere(),
      slots,
      shared: this.#shared,
      slices: this.#parts.machine.slices,
      newestImage,
      noRoom: this.#disk.whyNoRoom,
      failureOf: (name) => this.#parts.failures.find(name),
      forgottenBy: (name) => this.#forgotten.get(name),
      clock: clock.look(),
    };
  }

  #leasesHere(): LeasesHere {
    this.#foundLeases ??= new LeasesHere(this.#parts.feed().items);
    return this.#foundLeases;
  }

  /** previews decides about every account without giving a slot away: removals first, then by name. */
  *previews(): Iterable<readonly [AccountName, Decision]> {
    const slots = this.#slots.copy();
    let grounds = this.grounds(slots);
    for (const name of this.#inOrder(this.keys())) {
      const decision = decideAccount(name, this.#lastSeen(name), grounds);
      if (typeof decision.slot === 'number') slots.hold(name, decision.slot);
      // Whoever comes first does it for all.
      const summed = decision.steps.some(({ step }) => step.step === 'set-slices');
      if (summed) grounds = { ...grounds, slices: grounds.shared.sums() };
      yield [name, decision];
    }
  }

  /**
   * forget has what is kept of a removed sliver go now, on behalf of `by`. Reports whether anything is kept. A
   * sliver that exists, or goes only now, is Fault `bad-argument`; before the feed was heard, `unavailable`.
   */
  forget(name: AccountName, by: EventAuthor): boolean {
    const { verdict } = judge(name, this.#lastSeen(name), this.grounds());
    const observed = this.#lastSeen(name);
    if (verdict === 'withheld') {
      const why = 'nobody knows yet whether it is to exist: nothing has been heard since the boot';
      throw new Fault('unavailable', `${name}: ${why}`);
    }
    if (this.#wantedType(name) === 'sliver')
      throw new Fault(
        'bad-argument',
        `${name} is a sliver of this node: only removed ones can be forgotten`,
      );
    if (observed.state === 'absent' || observed.state === 'delegate') return false;
    if (observed.state !== 'kept' && !isExpired(observed))
      throw new Fault(
        'bad-argument',
        `${name} is still being removed: nmctl status shows what it waits for`,
      );
    this.#forgotten.set(name, by);
    this.#parts.retry([name]);
    return true;
  }

  /** changed takes note of a change of the feed and wakes every account that it concerns. */
  changed(keys: readonly RecordKey[] | 'all', revision: Revision): void {
    this.#foundLeases = undefined;
    const names = new Set(keys === 'all' ? this.keys() : this.#namesIn(keys));
    if (keys === 'all') for (const name of this.#shared.names()) names.add(name);
    for (const name of this.#divide(names)) names.add(name);
    const ordered = this.#inOrder(names);
    // In order and before any worker starts, so that the same feed gives the same slots.
    for (const name of ordered) this.#claimSlot(name);
    this.#parts.wake(ordered, revision);
  }

  /** Before anything has been heard from the feed there is nothing to be done. */
  keys(): Iterable<AccountName> {
    const { items, position } = this.#parts.feed();
    if (position.state === 'waiting') return [];
    return new Set([...this.#namesIn(items.keys()), ...this.#observed.keys()]);
  }

  async observe(name: AccountName, signal: AbortSignal): Promise<ObservedAccount> {
    await this.#waits.begins(name);
    const account = await this.#notingCause(name, () =>
      this.#parts.machine.observeAccount(name, signal),
    );
    this.#remember(name, account);
    // It may be made next: a sliver that was made meanwhile may be the one that has filled the disk.
    if (filesOf(account).where === 'none') await this.#disk.look();
    if (account.state !== 'absent') return account;
    // And somebody else may have been given the ids that it would get.
    await this.#leaveSlotsToOthers();
    this.#slots.yield(name, this.#wantedType(name) ?? 'sliver');
    return account;
  }

  plan(name: AccountName, observed: ObservedAccount): Decision {
    return decideAccount(name, observed, this.grounds());
  }

  adopt(name: AccountName, { steps, slot, waitsFor, purgeAt, tellAt }: Decision): void {
    if (waitsFor === undefined) this.#waitsFor.delete(name);
    else this.#waitsFor.set(name, waitsFor);
    if (slot === 'none') this.#freeSlot(name);
    else if (slot !== undefined) this.#slots.hold(name, slot);
    if (purgeAt !== undefined) this.#purges.arm(name, purgeAt);
    if (tellAt === undefined) this.#tellings.cancel(name);
    else this.#tellings.arm(name, tellAt);
    if (waitsFor !== undefined) this.#waitFor(name, waitsFor);
    else if (steps.length === 0) this.#waits.works(name);
  }

  async execute(name: AccountName, decided: DecidedStep, signal: AbortSignal): Promise<void> {
    await this.#notingCause(name, () => this.#parts.machine.execute(name, decided.step, signal));
    this.#parts.history.stepDone(name, decided);
  }

  nameOf({ step }: DecidedStep): string {
    return step.step;
  }

  /** stop cancels what is still to come. */
  stop(): void {
    this.#disk.stop();
    this.#purges.stop();
    this.#tellings.stop();
    this.#waits.stop();
  }

  async #notingCause<T>(name: AccountName, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#waitFor(name, causeOf(error));
      if (error instanceof StrangerFound) this.#parts.retry([name]);
      throw error;
    }
  }

  #waitFor(name: AccountName, cause: Cause): void {
    this.#waits.failed(name, CAUSES[cause]);
  }

  *#namesIn(keys: Iterable<RecordKey>): Iterable<AccountName> {
    for (const key of keys) {
      const name = accountOfKey(key)?.name;
      if (name !== undefined) yield name;
      else if (key === TIMESTAMP_KEY) yield* this.#waitingFor('no-document');
      // Leases to come change when their tenants are told, and nothing of their items.
      else if (key === LEASES_KEY) yield* this.#observed.keys();
    }
  }

  #lastSeen(name: AccountName): ObservedAccount {
    return this.#observed.get(name) ?? ABSENT;
  }

  #goes(name: AccountName): boolean {
    return judge(name, this.#lastSeen(name), this.grounds()).verdict === 'goes';
  }

  #inOrder(names: Iterable<AccountName>): readonly AccountName[] {
    const sorted = [...names].sort();
    const removals = new Set(sorted.filter((name) => this.#goes(name)));
    return [...removals, ...sorted.filter((name) => !removals.has(name))];
  }

  async #leaveSlotsToOthers(): Promise<void> {
    const holderOf = (place: Slot) => this.#slots.holderOf(place);
    this.#slots.leaveToOthers(await this.#parts.machine.foreignIds(holderOf));
  }

  #claimSlot(name: AccountName): void {
    const type = this.#wantedType(name);
    // What a sliver that is back leaves one day is kept like any other's.
    if (type === 'sliver') this.#forgotten.delete(name);
    if (type !== undefined) this.#slots.claim(name, type);
  }

  /** Undefined: no account of that name is to be there. */
  #wantedType(name: AccountName): AccountType | undefined {
    const verdict = judge(name, this.#lastSeen(name), this.grounds());
    return verdict.verdict === 'exists' ? verdict.desired.type : undefined;
  }

  #divide(names: Iterable<AccountName>): ReadonlySet<AccountName> {
    const { items } = this.#parts.feed();
    const claims = Array.from(
      names,
      (name) => [name, claimsOf(items.get(recordKeyOf('sliver', name)))] as const,
    );
    const changed = this.#shared.update(claims);
    for (const { failure, reason } of this.#shared.shortfalls()) {
      if (reason === this.#short.get(failure.subject)) continue;
      if (reason === undefined) this.#enough(failure.subject);
      else {
        this.#short.set(failure.subject, reason);
        this.#parts.failures.report({ ...failure, reason });
      }
    }
    return changed;
  }

  #enough(subject: string): void {
    this.#short.delete(subject);
    this.#parts.failures.clear(subject);
  }

  #remember(name: AccountName, account: ObservedAccount): void {
    if (account.state !== 'kept') this.#purges.cancel(name);
    if (account.state === 'absent' || account.state === 'foreign') {
      this.#forgotten.delete(name);
      this.#observed.delete(name);
      return;
    }
    this.#observed.set(name, account);
    if (account.slot !== undefined) this.#slots.hold(name, account.slot);
  }

  #waitingFor(cause: Cause): readonly AccountName[] {
    return [...this.#waitsFor].flatMap(([name, one]) => (one === cause ? [name] : []));
  }

  #freeSlot(name: AccountName): void {
    if (this.#slots.release(name)) this.#parts.retry(this.#waitingFor('no-id-range'));
  }
}
