/**
 * Logs connections that were refused, at most one line a second for each account, ordinary user or block of
 * user ids: who connects in a loop must not fill the log, or make journald drop what others say.
 */
import type { CallLog } from '../api/dispatch-call.ts';

const EVERY_MS = 1000;
/** Parties whose last line is remembered; accounts of a node, and its users, are fewer. */
const MOST_PARTIES = 10_000;

interface Told {
  /** When its last line was written, and what it has been refused since. */
  at: number;
  since: number;
}

export interface RefusalLogOptions {
  readonly log: CallLog;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

export class RefusalLog {
  readonly #options: RefusalLogOptions;
  readonly #told = new Map<string, Told>();

  constructor(options: RefusalLogOptions) {
    this.#options = options;
  }

  /** refused notes one more of a party; the line says how many there were since its last. */
  refused(caller: string, why: string): void {
    const now = this.#options.now();
    const told = this.#told.get(caller) ?? { at: now - EVERY_MS, since: 0 };
    told.since += 1;
    if (now - told.at >= EVERY_MS) {
      this.#options.log.info({ caller, connections: told.since }, `refused: ${why}`);
      told.at = now;
      told.since = 0;
    }
    if (this.#told.size >= MOST_PARTIES) this.#told.clear();
    this.#told.set(caller, told);
  }
}
