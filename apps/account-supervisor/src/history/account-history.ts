/**
 * The history that this process keeps: what was done to each account and why, what failed, and what the
 * kernel did by itself. It listens; nothing waits for it or depends on it.
 */
import type { Timing } from '@nodemgr/agent';
import {
  type EventSubject,
  type EventsAnswer,
  type EventsQuery,
  eventText,
  type FeedItem,
} from '@nodemgr/contracts';
import type { FailureBoard } from '@nodemgr/daemon';
import type { AccountName, RecordKey } from '@nodemgr/records';
import type { KernelNotice } from '../machine/linux/derive-notices.ts';
import type { ObservedAccount } from '../observed/observed-account.ts';
import type { AccountStep } from '../plan/account-steps.ts';
import type { Journal } from './journal.ts';
import { KernelNotices } from './kernel-notices.ts';
import { type Told, tellStep } from './tell-step.ts';
import { ToldFailures } from './told-failures.ts';
import { subjectOf } from './word-on-account.ts';

export interface HistoryParts {
  readonly journal: Pick<Journal, 'append' | 'events' | 'close'>;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly timing: Pick<Timing, 'now' | 'after'>;
}

/** A step that was carried out. */
export interface StepDone {
  readonly name: AccountName;
  readonly step: AccountStep;
  /** The account as it was when the plan began. */
  readonly before: ObservedAccount;
  /** What the feed says now. */
  readonly items: ReadonlyMap<RecordKey, FeedItem>;
}

export class AccountHistory {
  /** The failure board, with a history: for whoever reports failures of accounts. */
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly #parts: HistoryParts;
  readonly #notices: KernelNotices;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
    const tell = (account: EventSubject, told: Told) => this.#tell(account, told);
    this.failures = new ToldFailures(parts.failures, tell);
    this.#notices = new KernelNotices(parts.timing, tell);
  }

  /** stepDone tells what a step meant. */
  stepDone({ name, step, before, items }: StepDone): void {
    const subject = subjectOf(name, before, items);
    for (const told of tellStep(step, before, subject)) this.#tell(name, told);
  }

  /** happened tells what the kernel did to a sliver. */
  happened(name: AccountName, notice: KernelNotice): void {
    this.#notices.heard(name, notice);
  }

  /** events returns what happened. Rejects when it cannot be read. */
  events(query: EventsQuery): Promise<EventsAnswer> {
    return this.#parts.journal.events(query);
  }

  /** close writes what is still to be written. */
  async close(): Promise<void> {
    this.#notices.stop();
    await this.#parts.journal.close();
  }

  #tell(account: EventSubject, { what, why, by }: Told): void {
    const at = Math.max(0, Math.floor(this.#parts.timing.now()));
    this.#parts.journal.append({ at, account, what, why: eventText(why), by });
  }
}
