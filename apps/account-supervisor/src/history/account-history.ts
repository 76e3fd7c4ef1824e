/**
 * The history that this process keeps: what was done to each account and why, what failed, and what the
 * kernel did by itself. It listens; nothing waits for it or depends on it.
 */
import type { Journal, Timing } from '@nodemgr/agent';
import {
  EVENTS_KEPT,
  EVENTS_KEPT_OF_OTHERS,
  type EventSubject,
  type EventsAnswer,
  type EventsQuery,
  eventText,
  type LimitDecision,
  NODE_SUBJECT,
} from '@nodemgr/contracts';
import type { FailureBoard } from '@nodemgr/daemon';
import { type AccountName, isSliceName, type Revision } from '@nodemgr/records';
import type { KernelNotice } from '../machine/linux/derive-notices.ts';
import type { DecidedStep } from '../plan/decide-account.ts';
import { type Description, describeStep } from './describe-step.ts';
import { KernelNotices } from './kernel-notices.ts';

type Board = Pick<FailureBoard, 'report' | 'clear' | 'find'>;

/** Reasons noted of one failure: some have a number or an address in them that is another each time. */
const MAX_REASONS = 10;

class NotedFailures implements Board {
  /** The reasons noted of each subject since it last worked. */
  readonly #noted = new Map<string, Set<string>>();

  constructor(
    private readonly board: Board,
    private readonly note: (account: EventSubject, description: Description) => void,
  ) {}

  report(failure: Parameters<Board['report']>[0]): number {
    const { subject, action, reason } = failure;
    const reasons = this.#noted.get(subject) ?? new Set();
    this.#noted.set(subject, reasons);
    const text = `${action}: ${reason}`;
    if (!reasons.has(text) && reasons.size < MAX_REASONS) {
      reasons.add(text);
      this.#note(subject, 'failed', text);
    }
    return this.board.report(failure);
  }

  clear(subject: string): boolean {
    if (this.#noted.delete(subject)) this.#note(subject, 'works-again', 'what failed is done');
    return this.board.clear(subject);
  }

  find(subject: string): ReturnType<Board['find']> {
    return this.board.find(subject);
  }

  #note(subject: string, what: 'failed' | 'works-again', text: string): void {
    const by = { kind: 'supervisor' } as const;
    if (isSliceName(subject)) this.note(subject, { what, why: text, by });
    else this.note(NODE_SUBJECT, { what, why: `${subject}: ${text}`, by });
  }
}

export interface HistoryParts {
  readonly journal: Pick<Journal, 'append' | 'events' | 'close'>;
  readonly failures: Board;
  readonly timing: Pick<Timing, 'now' | 'after'>;
}

export class AccountHistory {
  /** The failure board for all that reports failures of accounts: it keeps a history, too. */
  readonly failures: Board;
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

  /** decisionsOn returns by resource how what is enforced of it was last decided. Rejects when it cannot be read. */
  async decisionsOn(name: AccountName): Promise<ReadonlyMap<string, LimitDecision>> {
    const limit = EVENTS_KEPT + EVENTS_KEPT_OF_OTHERS;
    const { events } = await this.#parts.journal.events({ name, limit });
    return new Map(
      events.flatMap(({ at, revision, why, by, resources = [] }) =>
        resources.map((resource) => [resource, { at, revision, why, by }] as const),
      ),
    );
  }

  /** close writes what is still to be written. */
  async close(): Promise<void> {
    this.#notices.stop();
    await this.#parts.journal.close();
  }

  #note(account: EventSubject, { why, ...description }: Description, revision?: Revision): void {
    const at = Math.max(0, Math.floor(this.#parts.timing.now()));
    this.#parts.journal.append({ at, account, ...description, why: eventText(why), revision });
  }
}
