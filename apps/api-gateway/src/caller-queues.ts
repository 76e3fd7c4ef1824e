/**
 * What waits, in a queue for each caller, served in rotation of the callers: whoever asks a thousand times
 * at once delays mostly itself. When anybody is served is for others to say.
 */

export class CallerQueues<T extends object> {
  /** The caller that is served next comes first. No queue is empty. */
  readonly #queues = new Map<string, T[]>();

  /** isEmpty reports whether nobody waits. */
  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** lengthOf returns how much of the caller's waits. */
  lengthOf(caller: string): number {
    return this.#queues.get(caller)?.length ?? 0;
  }

  add(caller: string, item: T): void {
    const queue = this.#queues.get(caller);
    if (queue === undefined) this.#queues.set(caller, [item]);
    else queue.push(item);
  }

  /** take returns the first item of the next caller that may be served; undefined: there is none. */
  take(mayServe: (caller: string) => boolean): { caller: string; item: T } | undefined {
    for (const [caller, queue] of this.#queues) {
      if (!mayServe(caller)) continue;
      // Taken out and put back, a caller is the last in the rotation.
      this.#queues.delete(caller);
      const item = queue.shift();
      if (queue.length > 0) this.#queues.set(caller, queue);
      return item === undefined ? undefined : { caller, item };
    }
    return undefined;
  }
}
