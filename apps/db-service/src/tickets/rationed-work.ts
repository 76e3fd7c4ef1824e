/**
 * Rations work that strangers can ask for: one piece at a time, and after each a rest as long as it
 * took, so that half of the time is left for everything else. It does not know what the work is.
 */
import { Fault } from '@nodemgr/faults';

export interface RationOptions {
  /** The name of the work, for the fault: 'tickets'. */
  readonly what: string;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Waits; false when the process is being stopped. */
  readonly pause: (ms: number) => Promise<boolean>;
  readonly maxWaiting: number;
  /** The longest that one waits (milliseconds). */
  readonly maxWaitMs: number;
}

export class RationedWork {
  #restUntil = 0;
  #waiting = 0;

  constructor(private readonly options: RationOptions) {}

  /** run does `act`, which does not wait, when it is its turn; rejects with Fault `unavailable` if that is too far off. */
  async run<T>(act: () => T): Promise<T> {
    const { now, maxWaitMs } = this.options;
    const latest = now() + maxWaitMs;
    while (now() < this.#restUntil) await this.#rest(latest);
    // At once: of those who wake together, the others must find it taken.
    return this.#work(act);
  }

  #work<T>(act: () => T): T {
    const { now } = this.options;
    const begun = now();
    try {
      return act();
    } finally {
      const ended = now();
      this.#restUntil = ended + (ended - begun);
    }
  }

  async #rest(latest: number): Promise<void> {
    const { what, now, pause, maxWaiting } = this.options;
    if (this.#waiting >= maxWaiting || now() >= latest) {
      throw new Fault('unavailable', `too many ${what} are waiting; try again later`);
    }
    this.#waiting += 1;
    try {
      if (await pause(Math.ceil(this.#restUntil - now()))) return;
      throw new Fault('unavailable', 'db-service is being stopped');
    } finally {
      this.#waiting -= 1;
    }
  }
}
