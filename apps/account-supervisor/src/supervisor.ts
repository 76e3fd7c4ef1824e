/**
 * Brings the accounts of the machine in line with the feed: connects desired state, slots, CPU weights
 * and the machine to the loop. It decides nothing itself: judgeAccount says what should be, planAccount
 * what to do about it.
 */
import type { Agent, Plan, Timing } from '@nodemgr/agent';
import { ActionFailed } from '@nodemgr/agent';
import type { FeedSubscription } from '@nodemgr/bus';
import type { Config } from '@nodemgr/config';
import type { FailureBoard } from '@nodemgr/daemon';
import {
  type AccountName,
  epochSeconds,
  type RecordKey,
  recordKeyOf,
  TIMESTAMP_KEY,
} from '@nodemgr/records';
import { type AccountIds, idsOf, type Slot } from './account-ids.ts';
import type { AccountStep } from './account-steps.ts';
import { CpuShares } from './cpu-shares.ts';
import { cpuClaimOf, judgeAccount, nameInKey, type Verdict } from './desired-account.ts';
import type { Machine } from './machine.ts';
import { ABSENT, type ObservedAccount } from './observed-account.ts';
import { type AccountPlan, type Circumstances, planAccount, purgeTime } from './plan-account.ts';
import { SlotTable } from './slot-table.ts';

export interface SupervisorParts {
  readonly machine: Machine;
  readonly accounts: Config['accounts'];
  readonly bootId: string;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly timing: Pick<Timing, 'now' | 'after'>;
  /** The desired state as it is now. */
  readonly feed: () => Pick<FeedSubscription, 'items' | 'position'>;
  /** Asks for another look at some accounts; `revision` when it is for a change of the feed. */
  readonly wake: (names: Iterable<AccountName>, revision?: number) => void;
}

/** What is decided about one account, and why. */
export interface Decision {
  readonly verdict: Verdict;
  readonly plan: AccountPlan;
}

const CPU_SUBJECT = 'CPU guarantees';

export class AccountSupervisor implements Agent<AccountName, ObservedAccount, AccountStep> {
  readonly #parts: SupervisorParts;
  readonly #observed = new Map<AccountName, ObservedAccount>();
  readonly #slots: SlotTable;
  readonly #cpu = new CpuShares();
  /** Accounts that found no slot: woken when one is free. */
  readonly #slotless = new Set<AccountName>();
  readonly #withheld = new Set<AccountName>();
  readonly #purges = new Map<AccountName, () => void>();

  private constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#slots = new SlotTable(parts.accounts.slots);
  }

  /** open looks at the whole machine; rejects when that cannot be done. */
  static async open(parts: SupervisorParts): Promise<AccountSupervisor> {
    const supervisor = new AccountSupervisor(parts);
    const { accounts, foreignSlots } = await parts.machine.observe();
    supervisor.#slots.leaveToOthers(foreignSlots);
    for (const [name, account] of accounts) supervisor.#remember(name, account);
    return supervisor;
  }

  /** Accounts as they were last seen; absent ones are not among them. */
  get observed(): ReadonlyMap<AccountName, ObservedAccount> {
    return this.#observed;
  }

  /** changed takes note of a change of the feed and wakes every account that it concerns. */
  changed(keys: readonly RecordKey[] | 'all', revision: number): void {
    const names = new Set(keys === 'all' ? this.keys() : this.#namesIn(keys));
    const { items } = this.#parts.feed();
    const claims = [...names].map(
      (name) => [name, cpuClaimOf(items.get(recordKeyOf('sliver', name)))] as const,
    );
    const reweighed = this.#cpu.update(claims);
    this.#reportCpu();
    for (const name of reweighed) names.add(name);
    this.#parts.wake(this.#inOrder(names), revision);
  }

  /** Before anything has been heard from the feed there is nothing to be done. */
  keys(): Iterable<AccountName> {
    const { items, position } = this.#parts.feed();
    if (position.state === 'waiting') return [];
    return new Set([...this.#namesIn(items.keys()), ...this.#observed.keys()]);
  }

  async observe(name: AccountName, signal: AbortSignal): Promise<ObservedAccount> {
    const account = await this.#parts.machine.observeAccount(name, signal);
    this.#remember(name, account);
    return account;
  }

  plan(name: AccountName, observed: ObservedAccount): Plan<AccountStep> {
    const { verdict, plan } = this.decide(name, observed, this.#slots);
    this.#withheld.delete(name);
    this.#slotless.delete(name);
    if (plan.blocked !== undefined) {
      if (verdict.verdict === 'exists') this.#slotless.add(name);
      throw new ActionFailed('create', plan.blocked);
    }
    if (verdict.verdict === 'exists') {
      const { shadowed } = verdict;
      const withheld = { action: 'create a second account', reason: shadowed ?? '' };
      return { steps: plan.steps, ...(shadowed === undefined ? {} : { withheld }) };
    }
    if (verdict.verdict === 'withheld') {
      this.#withheld.add(name);
      return { steps: plan.steps, withheld: { action: 'remove', reason: verdict.reason } };
    }
    if (observed.state === 'absent') this.#freeSlot(name);
    else if (observed.state === 'kept') this.#purgeInTime(name, observed.since);
    return { steps: plan.steps };
  }

  async execute(name: AccountName, step: AccountStep, signal: AbortSignal): Promise<void> {
    await this.#parts.machine.execute(name, step, signal);
  }

  nameOf({ step }: AccountStep): string {
    return step;
  }

  /** decide judges and plans one account; slots are taken from `slots`. */
  decide(name: AccountName, observed: ObservedAccount, slots: SlotTable): Decision {
    const { items, position } = this.#parts.feed();
    const reason = 'nothing has been heard from db-service yet';
    const verdict: Verdict =
      position.state === 'waiting'
        ? { verdict: 'withheld', reason }
        : judgeAccount(name, observed, items, this.#parts.bootId);
    const circumstances = this.#circumstances(slots);
    if (verdict.verdict === 'withheld') {
      return { verdict, plan: planAccount({ wanted: 'unchanged' }, observed, circumstances) };
    }
    if (verdict.verdict === 'goes') {
      return { verdict, plan: planAccount({ wanted: 'nothing' }, observed, circumstances) };
    }
    const target = {
      wanted: verdict.desired,
      ids: observed.state === 'foreign' ? undefined : this.#idsFor(name, slots),
      cpuWeight: this.#cpu.weightOf(name),
    };
    return { verdict, plan: planAccount(target, observed, circumstances) };
  }

  /** A table of the slots to plan on without giving any away. */
  slotsToPlanOn(): SlotTable {
    return this.#slots.copy();
  }

  /** stop cancels what is still to come. */
  stop(): void {
    for (const cancel of this.#purges.values()) cancel();
    this.#purges.clear();
  }

  *#namesIn(keys: Iterable<RecordKey>): Iterable<AccountName> {
    for (const key of keys) {
      const name = nameInKey(key);
      if (name !== undefined) yield name;
      // A document accepted since this boot gives the right to remove.
      else if (key === TIMESTAMP_KEY) yield* this.#withheld;
    }
  }

  /** Removals before additions; otherwise by name, so that slots are given out in one order. */
  #inOrder(names: Iterable<AccountName>): readonly AccountName[] {
    const { items } = this.#parts.feed();
    const goes = (name: AccountName) =>
      judgeAccount(name, this.#observed.get(name) ?? ABSENT, items, this.#parts.bootId).verdict ===
      'goes';
    const sorted = [...names].sort();
    const removals = sorted.filter(goes);
    const going = new Set(removals);
    const others = sorted.filter((name) => !going.has(name));
    return [...removals, ...others];
  }

  #remember(name: AccountName, account: ObservedAccount): void {
    if (account.state !== 'kept') {
      this.#purges.get(name)?.();
      this.#purges.delete(name);
    }
    if (account.state === 'absent' || account.state === 'foreign') {
      this.#observed.delete(name);
      return;
    }
    this.#observed.set(name, account);
    this.#slots.hold(name, account.slot);
  }

  #circumstances(slots: SlotTable): Circumstances {
    const { accounts, timing } = this.#parts;
    return {
      now: epochSeconds(Math.floor(timing.now() / 1000)),
      keepSeconds: accounts.keep_files_seconds,
      idsOf: (slot: Slot) => idsOf(slot, accounts),
      noSlot: `no free id range: ${slots.inUse} of ${slots.size} in use`,
    };
  }

  #idsFor(name: AccountName, slots: SlotTable): AccountIds | undefined {
    const slot = slots.claim(name);
    return slot === undefined ? undefined : idsOf(slot, this.#parts.accounts);
  }

  #freeSlot(name: AccountName): void {
    if (this.#slots.release(name)) this.#parts.wake([...this.#slotless]);
  }

  #purgeInTime(name: AccountName, since: number): void {
    if (this.#purges.has(name)) return;
    const { accounts, timing } = this.#parts;
    const kept = this.#observed.get(name);
    if (kept?.state !== 'kept') return;
    const due = purgeTime(kept, accounts.keep_files_seconds) * 1000 - timing.now();
    if (due <= 0) return;
    const wake = () => {
      this.#purges.delete(name);
      this.#parts.wake([name]);
    };
    this.#purges.set(name, timing.after(due, wake));
  }

  #reportCpu(): void {
    const reason = this.#cpu.shortfall;
    const { failures } = this.#parts;
    if (reason === undefined) failures.clear(CPU_SUBJECT);
    else failures.report({ subject: CPU_SUBJECT, action: 'guarantee', reason });
  }
}
