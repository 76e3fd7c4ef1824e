/** Puts failures into the history besides the failure board: each reason once, and when it is over. */
import type { EventSubject } from '@nodemgr/contracts';
import { NODE_SUBJECT } from '@nodemgr/contracts';
import type { FailureBoard } from '@nodemgr/daemon';
import { isSliceName } from '@nodemgr/records';
import type { Told } from './tell-step.ts';

type Board = Pick<FailureBoard, 'report' | 'clear'>;

/** Reasons told of one failure: some have a number or an address in them that is another each time. */
const MAX_REASONS = 10;

export class ToldFailures implements Board {
  /** What has been told of each subject since it last worked. */
  readonly #told = new Map<string, Set<string>>();

  constructor(
    private readonly board: Board,
    private readonly tell: (account: EventSubject, told: Told) => void,
  ) {}

  report(failure: Parameters<Board['report']>[0]): number {
    const { subject, action, reason } = failure;
    const told = this.#told.get(subject) ?? new Set();
    this.#told.set(subject, told);
    const text = `${action}: ${reason}`;
    if (!told.has(text) && told.size < MAX_REASONS) {
      told.add(text);
      this.#tell(subject, 'failed', text);
    }
    return this.board.report(failure);
  }

  clear(subject: string): boolean {
    if (this.#told.delete(subject)) this.#tell(subject, 'works-again', 'what failed is done');
    return this.board.clear(subject);
  }

  #tell(subject: string, what: 'failed' | 'works-again', text: string): void {
    const by = { kind: 'supervisor' } as const;
    if (isSliceName(subject)) this.tell(subject, { what, why: text, by });
    else this.tell(NODE_SUBJECT, { what, why: `${subject}: ${text}`, by });
  }
}
