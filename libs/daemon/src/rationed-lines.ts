/**
 * Decides when the log may have another line about one name, at most one a second: a caller that does the same in a
 * loop must not fill the log, or make journald drop the lines of others. It writes none.
 */

const EVERY_MS = 1000;

interface Told {
  /** When the last line was written, and what has come since. */
  at: number;
  since: number;
}

export interface RationOfLines {
  /** Names whose last line is remembered; with more than these, all are forgotten. */
  readonly mostNames: number;
  /** Milliseconds that only grow. */
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
    const { mostNames, now } = this.#ration;
    const at = now();
    const told = this.#told.get(name) ?? { at: at - EVERY_MS, since: 0 };
    told.since += 1;
    if (this.#told.size >= mostNames) this.#told.clear();
    this.#told.set(name, told);
    if (at - told.at < EVERY_MS) return undefined;
    const { since } = told;
    told.at = at;
    told.since = 0;
    return since;
  }
}
