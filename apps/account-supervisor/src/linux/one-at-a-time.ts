/** Work that must not be done twice at once: who asks waits for those before. Knows nothing of the work. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  /** run does `work` when all that was asked for before has ended, however it ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
