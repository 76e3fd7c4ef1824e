/** Logs refusals, at most one line a second for each caller: who asks in a loop must not fill the log. */
import { type Logger, RationedLines } from '@nodemgr/daemon';

/** Callers whose last line is remembered; those on the list are no more. */
const MOST_CALLERS = 2000;
/** Control and format characters, separators of lines, halves of characters: JSON leaves many as they are. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export interface RefusalLogOptions {
  readonly log: Pick<Logger, 'info'>;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
}

export interface LoggedRefusal {
  /** More closely than the caller by whom it is counted. */
  readonly who: string;
  readonly why: string;
  /** Absent where there was no request yet. */
  readonly status?: number;
}

export class RefusalLog {
  readonly #log: Pick<Logger, 'info'>;
  readonly #lines: RationedLines;

  constructor({ log, monotonic: now }: RefusalLogOptions) {
    this.#log = log;
    this.#lines = new RationedLines({ mostNames: MOST_CALLERS, now });
  }

  /** refused notes one more of `caller`. */
  refused(caller: string, { who, why, status }: LoggedRefusal): void {
    const requests = this.#lines.count(caller);
    if (requests === undefined) return;
    const reason = why.replace(UNSAFE, '?');
    this.#log.info({ caller: who, status, reason, requests }, 'refused');
  }
}
