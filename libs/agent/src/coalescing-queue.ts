/**
 * Which subjects need work. A subject is in the queue at most once, however often it is woken, and is
 * worked on by one worker at a time; who takes it sees the newest desired state. Knows nothing of the
 * work itself.
 *
 * A wake may carry a mark (a feed's revision), so that it can be told up to which mark all is done.
 */

/** No mark: a retry or a resync, that nobody counts. */
const UNMARKED = Number.POSITIVE_INFINITY;

export class CoalescingQueue<Key> {
  /** Waiting, in the order of their first wake, with the oldest mark that each stands for. */
  readonly #waiting = new Map<Key, number>();
  readonly #active = new Map<Key, number>();
  #sleepers: (() => void)[] = [];

  /** add wakes `key`. Reports nothing: to be woken twice is to be woken once. */
  add(key: Key, mark: number = UNMARKED): void {
    this.#waiting.set(key, Math.min(mark, this.#waiting.get(key) ?? UNMARKED));
    this.#rouse();
  }

  /** take returns the subject that waits longest and is not being worked on; undefined if none. */
  take(): Key | undefined {
    for (const [key, mark] of this.#waiting) {
      if (this.#active.has(key)) continue;
      this.#waiting.delete(key);
      this.#active.set(key, mark);
      return key;
    }
    return undefined;
  }

  /** done ends the work on `key`; what was not `finished` waits again, with the mark it had. */
  done(key: Key, finished: boolean): void {
    const mark = this.#active.get(key);
    this.#active.delete(key);
    if (!finished && mark !== undefined) this.add(key, mark);
    else this.#rouse();
  }

  /** isWaiting reports whether `key` has been woken since it was last taken. */
  isWaiting(key: Key): boolean {
    return this.#waiting.has(key);
  }

  /** isBusy reports whether `key` is waiting or being worked on. */
  isBusy(key: Key): boolean {
    return this.#waiting.has(key) || this.#active.has(key);
  }

  /** Subjects waiting or being worked on. */
  get busy(): number {
    let both = 0;
    for (const key of this.#active.keys()) if (this.#waiting.has(key)) both += 1;
    return this.#waiting.size + this.#active.size - both;
  }

  /** oldestMark returns the lowest mark of what is not done; undefined when all marked work is done. */
  oldestMark(): number | undefined {
    let oldest = UNMARKED;
    for (const mark of this.#waiting.values()) oldest = Math.min(oldest, mark);
    for (const mark of this.#active.values()) oldest = Math.min(oldest, mark);
    return oldest === UNMARKED ? undefined : oldest;
  }

  /** changed resolves when there may be something to take again, or at `rouseAll`. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.push(resolve));
  }

  /** rouseAll wakes everyone who waits in `changed`, so that they can end. */
  rouseAll(): void {
    this.#rouse();
  }

  #rouse(): void {
    const sleepers = this.#sleepers;
    this.#sleepers = [];
    for (const wake of sleepers) wake();
  }
}
