/** Lets things that must not be done twice at once happen one after the other. Knows nothing of the work. */
import { sleep } from '@nodemgr/daemon';

/** Work that must not be done twice at once: who asks waits for those before. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  /** run does `work` when all that was asked for before has ended, however it ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** idle resolves when all that was asked for before has ended, or after `longestMs` milliseconds. */
  async idle(longestMs: number): Promise<void> {
    const enough = new AbortController();
    await Promise.race([this.#last, sleep(longestMs, enough.signal)]);
    enough.abort();
  }
}
