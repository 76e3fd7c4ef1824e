/**
 * Shares what only so many may do at once among callers: each has its own queue, and the queues
 * are served in rotation, so that whoever asks a thousand times at once delays mostly itself. It does not
 * know what the turns are for, and holds no clock: waiting ends when the turns before it end.
 */
import { CallerQueues } from './caller-queues.ts';

export interface FairTurnsOptions {
  /** Turns under way, of all callers together and of any one of them. */
  readonly atOnce: number;
  readonly perCaller: number;
}

export class FairTurns {
  readonly #options: FairTurnsOptions;
  readonly #running = new Map<string, number>();
  readonly #waiting = new CallerQueues<() => void>();
  #busy = 0;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
  }

  /** run acts when it is the caller's turn; the outcome is that of `act`, which must end. */
  async run<T>(caller: string, act: () => Promise<T>): Promise<T> {
    if (this.#mayRun(caller)) this.#begin(caller);
    else await new Promise<void>((resolve) => this.#waiting.add(caller, resolve));
    try {
      return await act();
    } finally {
      this.#end(caller);
    }
  }

  /** waiting returns how many turns of the caller wait. */
  waiting(caller: string): number {
    return this.#waiting.lengthOf(caller);
  }

  #mayRun(caller: string): boolean {
    const { atOnce, perCaller } = this.#options;
    return this.#busy < atOnce && (this.#running.get(caller) ?? 0) < perCaller;
  }

  #begin(caller: string): void {
    this.#busy += 1;
    this.#running.set(caller, (this.#running.get(caller) ?? 0) + 1);
  }

  #end(caller: string): void {
    this.#busy -= 1;
    const left = (this.#running.get(caller) ?? 0) - 1;
    if (left > 0) this.#running.set(caller, left);
    else this.#running.delete(caller);
    this.#serveNext();
  }

  #serveNext(): void {
    const next = this.#waiting.take((caller) => this.#mayRun(caller));
    if (next === undefined) return;
    this.#begin(next.caller);
    next.item();
  }
}
