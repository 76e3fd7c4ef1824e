/**
 * Lets requests begin in rotation of their callers, so many in one turn of the event loop: whoever
 * asks from hundreds of connections at once delays mostly itself. How long what was begun takes is
 * not its concern: a change that waits for db-service holds nobody's turn.
 */

export class TurnRotation {
  readonly #perTurn: number;
  /** Those who wait, by caller; the caller that is served next comes first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #begun = 0;
  #turnEnds = false;

  /** `perTurn`: requests begun in one turn of the loop, of all callers together. */
  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** turnOf resolves when the caller's next request may begin; undefined: at once. */
  turnOf(caller: string): Promise<void> | undefined {
    this.#awaitEnd();
    if (this.#begun < this.#perTurn && this.#waiting.size === 0) {
      this.#begun += 1;
      return undefined;
    }
    return new Promise((resolve) => {
      const queue = this.#waiting.get(caller);
      if (queue === undefined) this.#waiting.set(caller, [resolve]);
      else queue.push(resolve);
    });
  }

  #awaitEnd(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#turnEnds = false;
    this.#begun = 0;
    while (this.#begun < this.#perTurn && this.#waiting.size > 0) this.#serveOne();
    if (this.#begun > 0) this.#awaitEnd();
  }

  #serveOne(): void {
    for (const [caller, queue] of this.#waiting) {
      // Taken out and put back, a caller is the last in the rotation.
      this.#waiting.delete(caller);
      const first = queue.shift();
      if (queue.length > 0) this.#waiting.set(caller, queue);
      this.#begun += 1;
      first?.();
      return;
    }
  }
}
