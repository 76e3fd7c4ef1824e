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
} from '@nodemgr/contracts';
import type { FailureBoard } from '@nodemgr/daemon';
import type { AccountName, Revision } from '@nodemgr/records';
import type { KernelNotice } from '../machine/linux/derive-notices.ts';
import type { DecidedStep } from '../plan/decide-account.ts';
import { type Description, describeStep } from './describe-step.ts';
import type { Journal } from './journal.ts';
import { KernelNotices } from './kernel-notices.ts';
import { NotedFailures } from './noted-failures.ts';

export interface HistoryParts {
  readonly journal: Pick<Journal, 'append' | 'events' | 'close'>;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly timing: Pick<Timing, 'now' | 'after'>;
}

export class AccountHistory {
  /** The failure board for all that reports failures of accounts: it keeps a history, too. */
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly #parts: HistoryParts;
  readonly #notices: KernelNotices;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
    const note = (account: EventSubject, description: Description) =>
      this.#note(account, description);
    this.failures = new NotedFailures(parts.failures, note);
    this.#notices = new KernelNotices(parts.timing, note);
  }

  /** stepDone notes what a step meant, under the revision that it was decided by. */
  stepDone(name: AccountName, decided: DecidedStep): void {
    for (const description of describeStep(decided))
      this.#note(name, description, decided.revision);
  }

  /** happened notes what the kernel did to a sliver. */
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

  #note(account: EventSubject, { what, why, by }: Description, revision?: Revision): void {
    const at = Math.max(0, Math.floor(this.#parts.timing.now()));
    this.#parts.journal.append({ at, account, what, why: eventText(why), by, revision });
  }
}
