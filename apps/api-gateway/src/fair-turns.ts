/**
 * Shares what only so many may do at once among callers: each has its own queue, and the queues
 * are served in rotation, so that whoever asks a thousand times at once delays mostly itself. It does not
 * know what the turns are for, and holds no clock: waiting ends when the turns before it end.
 */

export interface FairTurnsOptions {
  /** Turns under way, of all callers together and of any one of them. */
  readonly atOnce: number;
  readonly perCaller: number;
}

export class FairTurns {
  readonly #options: FairTurnsOptions;
  readonly #running = new Map<string, number>();
  /** Those who wait, by caller; the caller that is served next comes first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #busy = 0;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
  }

  /** run acts when it is the caller's turn; the outcome is that of `act`, which must end. */
  async run<T>(caller: string, act: () => Promise<T>): Promise<T> {
    if (this.#mayRun(caller)) this.#begin(caller);
    else await this.#queue(caller);
    try {
      return await act();
    } finally {
      this.#end(caller);
    }
  }

  /** waiting returns how many turns of the caller wait. */
  waiting(caller: string): number {
    return this.#waiting.get(caller)?.length ?? 0;
  }

  #mayRun(caller: string): boolean {
    const { atOnce, perCaller } = this.#options;
    return this.#busy < atOnce && (this.#running.get(caller) ?? 0) < perCaller;
  }

  #begin(caller: string): void {
    this.#busy += 1;
    this.#running.set(caller, (this.#running.get(caller) ?? 0) + 1);
  }

  #queue(caller: string): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(caller);
      if (queue === undefined) this.#waiting.set(caller, [resolve]);
      else queue.push(resolve);
    });
  }

  #end(caller: string): void {
    this.#busy -= 1;
    const left = (this.#running.get(caller) ?? 0) - 1;
    if (left > 0) this.#running.set(caller, left);
    else this.#running.delete(caller);
    this.#serveNext();
  }

  #serveNext(): void {
    for (const [caller, queue] of this.#waiting) {
      if (!this.#mayRun(caller)) continue;
      // Taken out and put back, a caller is the last in the rotation.
      this.#waiting.delete(caller);
      const first = queue.shift();
      if (queue.length > 0) this.#waiting.set(caller, queue);
      this.#begin(caller);
      first?.();
      return;
    }
  }
}
