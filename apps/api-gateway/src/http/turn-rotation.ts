/**
 * Lets requests begin in rotation of their callers, so many in one turn of the event loop: whoever
 * asks from hundreds of connections at once delays mostly itself. How long what was begun takes is
 * not its concern: a change that waits for db-service holds nobody's turn.
 */
import { CallerQueues, type Shares } from '@nodemgr/daemon';

interface Waiting {
  readonly weight: number;
  readonly begin: () => void;
}

export class TurnRotation {
  readonly #perTurn: number;
  readonly #waiting = new CallerQueues<Waiting>();
  /** Of this turn, and what the turns before it had too much. */
  #begun = 0;
  #turnEnds = false;
  #end: { readonly promise: Promise<void>; readonly tell: () => void } | undefined;

  /** `perTurn`: requests begun in one turn of the loop, of all callers together. */
  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /**
   * turnOf resolves when the caller's next request may begin; undefined: at once. One that weighs more than
   * a turn has takes the turns after it too.
   */
  turnOf(shares: Shares, weight = 1): Promise<void> | undefined {
    this.#awaitEnd();
    if (this.#begun < this.#perTurn && this.#waiting.isEmpty) {
      this.#begun += weight;
      return undefined;
    }
    return new Promise((begin) => this.#waiting.add(shares, { weight, begin }));
  }

  /**
   * endOfTurn resolves when this turn of the loop ends. Answers made in one turn leave together then: to wake
   * each caller costs more than to answer.
   */
  endOfTurn(): Promise<void> {
    this.#awaitEnd();
    if (this.#end === undefined) {
      let tell = (): void => undefined;
      const promise = new Promise<void>((resolve) => {
        tell = resolve;
      });
      this.#end = { promise, tell };
    }
    return this.#end.promise;
  }

  #awaitEnd(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#turnEnds = false;
    this.#end?.tell();
    this.#end = undefined;
    this.#begun = Math.max(0, this.#begun - this.#perTurn);
    while (this.#begun < this.#perTurn) {
      const next = this.#waiting.take(() => true)?.item;
      if (next === undefined) break;
      this.#begun += next.weight;
      next.begin();
    }
    if (this.#begun > 0) this.#awaitEnd();
  }
}
