/**
 * Keeps waiting calls in a queue for each caller, served in rotation of the widest shares that wait, within each of
 * the shares in it, and so on down to callers: a caller that asks a thousand times at once, or by a thousand user
 * ids, delays mostly itself. Its users decide when somebody is served.
 */

/** The names of the shares that a caller has part in, each within the one before it, its own last. */
export type Shares = readonly [string, ...string[]];

interface Waiting<T> {
  readonly shares: Shares;
  readonly item: T;
}

interface Share<T> {
  /** The calls that wait of the caller whose own share it is. */
  readonly own: Waiting<T>[];
  /** The shares within it, if it has ever had any. The one that is served next comes first. None is empty. */
  within?: Map<string, Share<T>>;
}

const isEmptyShare = ({ own, within }: Share<unknown>): boolean =>
  own.length === 0 && (within === undefined || within.size === 0);

function takeFrom<T>(
  share: Share<T>,
  mayServe: (shares: Shares) => boolean,
): Waiting<T> | undefined {
  const [first] = share.own;
  if (first !== undefined) return mayServe(first.shares) ? share.own.shift() : undefined;
  if (share.within === undefined) return undefined;
  for (const [name, next] of share.within) {
    const taken = takeFrom(next, mayServe);
    if (taken === undefined) continue;
    // Taken out and put back, a share is the last in the rotation.
    share.within.delete(name);
    if (!isEmptyShare(next)) share.within.set(name, next);
    return taken;
  }
  return undefined;
}

export class CallerQueues<T extends object> {
  readonly #all: Share<T> = { own: [] };

  /** isEmpty reports whether nobody waits. */
  get isEmpty(): boolean {
    return isEmptyShare(this.#all);
  }

  /** lengthOf returns how much of the caller's waits. */
  lengthOf(shares: Shares): number {
    let share: Share<T> | undefined = this.#all;
    for (const name of shares) share = share?.within?.get(name);
    return share?.own.length ?? 0;
  }

  add(shares: Shares, item: T): void {
    let share = this.#all;
    for (const name of shares) {
      share.within ??= new Map();
      const next: Share<T> = share.within.get(name) ?? { own: [] };
      share.within.set(name, next);
      share = next;
    }
    share.own.push({ shares, item });
  }

  /** take returns the first item of the next caller that may be served; undefined: there is none. */
  take(mayServe: (shares: Shares) => boolean): Waiting<T> | undefined {
    return takeFrom(this.#all, mayServe);
  }
}
