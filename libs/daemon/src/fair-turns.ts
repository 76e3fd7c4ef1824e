/**
 * Shares what only so many may do at once among callers: each has its own queue, and the queues are served
 * in rotation (caller-queues.ts), so that a caller that asks a thousand times at once delays mostly itself. It does
 * not know what the turns are for, and holds no clock: waiting ends when the turns before it end.
 */
import { CallerQueues, type Shares } from './caller-queues.ts';

export interface FairTurnsOptions {
  /** Turns under way, of all callers together. */
  readonly atOnce: number;
  /** Turns of all callers together that have a common share. */
  readonly perCommon: number;
  /** Turns of any one caller, be it an account, a user id, or a block of those. */
  readonly perCaller: number;
}

export class FairTurns {
  readonly #options: FairTurnsOptions;
  /** By the name of a share. */
  readonly #running = new Map<string, number>();
  readonly #waiting = new CallerQueues<() => void>();
  #busy = 0;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
  }

  /** run acts when it is the caller's turn; the outcome is that of `act`, which must end. */
  async run<T>(shares: Shares, act: () => Promise<T>): Promise<T> {
    if (this.#mayRun(shares)) this.#begin(shares);
    else await new Promise<void>((resolve) => this.#waiting.add(shares, resolve));
    try {
      return await act();
    } finally {
      this.#end(shares);
    }
  }

  /** waiting returns how many turns of the caller wait. */
  waiting(shares: Shares): number {
    return this.#waiting.lengthOf(shares);
  }

  #mayRun(shares: Shares): boolean {
    const { atOnce, perCommon, perCaller } = this.#options;
    if (this.#busy >= atOnce) return false;
    return shares.every((name, at) => {
      const isCommon = at === 0 && shares.length > 1;
      return (this.#running.get(name) ?? 0) < (isCommon ? perCommon : perCaller);
    });
  }

  #begin(shares: Shares): void {
    this.#busy += 1;
    for (const name of shares) this.#running.set(name, (this.#running.get(name) ?? 0) + 1);
  }

  #end(shares: Shares): void {
    this.#busy -= 1;
    for (const name of shares) {
      const left = (this.#running.get(name) ?? 0) - 1;
      if (left > 0) this.#running.set(name, left);
      else this.#running.delete(name);
    }
    this.#serveNext();
  }

  #serveNext(): void {
    const next = this.#waiting.take((shares) => this.#mayRun(shares));
    if (next === undefined) return;
    this.#begin(next.shares);
    next.item();
  }
}
