/**
 * Lets everything else have its turn. Messages that wait in a socket are handed out without a turn of
 * the event loop in between, so a full socket would keep timers, signals and other sockets waiting.
 */
import { setImmediate } from 'node:timers/promises';

/** How long one socket may go on before the others have their turn (milliseconds). */
const SLICE_MS = 5;

export class FairTurn {
  #since = performance.now();

  /** next resolves at once, or after a turn of the event loop when the slice is used up. */
  async next(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await setImmediate();
    this.#since = performance.now();
  }
}
