/** Logs refusals, at most one line a second for each caller: who asks in a loop must not fill the log. */
import type { Logger } from '@nodemgr/daemon';

const EVERY_MS = 1000;
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
  readonly #options: RefusalLogOptions;
  readonly #told = new Map<string, { at: number; since: number }>();

  constructor(options: RefusalLogOptions) {
    this.#options = options;
  }

  /** refused notes one more of `caller`. */
  refused(caller: string, { who, why, status }: LoggedRefusal): void {
    const { log, monotonic } = this.#options;
    const now = monotonic();
    const told = this.#told.get(caller) ?? { at: now - EVERY_MS, since: 0 };
    told.since += 1;
    if (now - told.at >= EVERY_MS) {
      const reason = why.replace(UNSAFE, '?');
      log.info({ caller: who, status, reason, requests: told.since }, 'refused');
      told.at = now;
      told.since = 0;
    }
    if (this.#told.size >= MOST_CALLERS) this.#told.clear();
    this.#told.set(caller, told);
  }
}
