/**
 * Decides when the log may have another line about one name: a caller that does the same in a loop, or a failure
 * that comes again and again, must not fill the log, or make journald drop the lines of others. It writes none.
 */

const EVERY_MS = 1000;

/** For failures that are tried again, or found again: a line tells an operator of all in an hour. */
export const AN_HOUR_MS = 3_600_000;

interface Told {
  /** When the last line was written, and what has come since. */
  at: number;
  since: number;
}

export interface RationOfLines {
  /** Names whose last line is remembered; with more than these, all are forgotten. */
  readonly mostNames: number;
  /** Between two lines about one name, at the least (milliseconds); a second where nothing is said. */
  readonly everyMs?: number;
  /** Milliseconds. */
  readonly now: () => number;
}

export class RationedLines {
  readonly #ration: RationOfLines;
  readonly #told = new Map<string, Told>();

  constructor(ration: RationOfLines) {
    this.#ration = ration;
  }

  /** count notes one more of `name`; returns how many a line now stands for; undefined: none is due. */
  count(name: string): number | undefined {
    const { mostNames, everyMs = EVERY_MS, now } = this.#ration;
    const at = now();
    const told = this.#told.get(name) ?? { at: at - everyMs, since: 0 };
    told.since += 1;
    if (this.#told.size >= mostNames) this.#told.clear();
    this.#told.set(name, told);
    // Of a clock that has been set back a line comes too early, and none too late.
    if (Math.abs(at - told.at) < everyMs) return undefined;
    const { since } = told;
    told.at = at;
    told.since = 0;
    return since;
  }

  /** forget has the next line about any name be due at once: what was told is over. */
  forget(): void {
    this.#told.clear();
  }
}
