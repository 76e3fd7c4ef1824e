/**
 * Shares reads among those who ask at once: nobody gets what was read before they asked, and there
 * is never more than one read under way and one waiting. It does not know what is read.
 */

export class FreshRead<T> {
  readonly #read: () => Promise<T>;
  #running: Promise<unknown> = Promise.resolve();
  #waiting: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** now returns the outcome of a read that begins after this call. */
  now(): Promise<T> {
    this.#waiting ??= this.#afterRunning(this.#running);
    return this.#waiting;
  }

  async #afterRunning(before: Promise<unknown>): Promise<T> {
    // How the read before ended is told to those who asked for that one.
    await before.catch(() => undefined);
    this.#waiting = undefined;
    const reading = this.#read();
    this.#running = reading;
    return reading;
  }
}
