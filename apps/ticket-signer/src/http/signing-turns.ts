/**
 * Has signatures made one after the other, in the order in which they were asked for, with everything
 * else that the process has to do in between: a long ticket takes as long as many short ones.
 */

export class SigningTurns {
  #last: Promise<unknown> = Promise.resolve();

  /** run acts when those before it are done; the outcome is that of `act`. */
  run<T>(act: () => T): Promise<T> {
    const turn = this.#last.then(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return act();
    });
    // Whoever waits next does not care how this one ends.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
