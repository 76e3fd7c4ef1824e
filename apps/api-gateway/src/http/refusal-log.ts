/**
 * Logs connections that were refused, at most one line a second for each account, ordinary user or block of
 * user ids: who connects in a loop must not fill the log, or make journald drop what others say.
 */
import { RationedLines } from '@nodemgr/daemon';
import type { CallLog } from '../api/dispatch-call.ts';

/** Parties whose last line is remembered; accounts of a node, and its users, are fewer. */
const MOST_PARTIES = 10_000;

export interface RefusalLogOptions {
  readonly log: CallLog;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

export class RefusalLog {
  readonly #log: CallLog;
  readonly #lines: RationedLines;

  constructor({ log, now }: RefusalLogOptions) {
    this.#log = log;
    this.#lines = new RationedLines({ mostNames: MOST_PARTIES, now });
  }

  /** refused notes one more of a party; the line says how many there were since its last. */
  refused(caller: string, why: string): void {
    const connections = this.#lines.count(caller);
    if (connections !== undefined) this.#log.info({ caller, connections }, `refused: ${why}`);
  }
}
