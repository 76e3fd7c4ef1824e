/** Puts failures into the history besides the failure board: each reason once, and when it is over. */
import type { EventSubject } from '@nodemgr/contracts';
import { NODE_SUBJECT } from '@nodemgr/contracts';
import type { FailureBoard } from '@nodemgr/daemon';
import { isSliceName } from '@nodemgr/records';
import type { Description } from './describe-step.ts';

type Board = Pick<FailureBoard, 'report' | 'clear'>;

/** Reasons noted of one failure: some have a number or an address in them that is another each time. */
const MAX_REASONS = 10;

export class NotedFailures implements Board {
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

  #note(subject: string, what: 'failed' | 'works-again', text: string): void {
    const by = { kind: 'supervisor' } as const;
    if (isSliceName(subject)) this.note(subject, { what, why: text, by });
    else this.note(NODE_SUBJECT, { what, why: `${subject}: ${text}`, by });
  }
}
