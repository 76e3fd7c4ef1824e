/**
 * Says who may have one more connection, so that no tenant keeps another or the operator out. It
 * counts and decides; it closes nothing. A caller counts as an account, not as a user id: inside a
 * sliver there are 65536 of those. For the same reason all who are nobody count as one: an ordinary user
 * of the node may have a range of ids too, and a caller that cannot be named may be anyone. They lose
 * little by it: all they may do is ask for help.
 */
import { type Caller, describeCaller } from '../caller/caller.ts';

/** Of all places, what one account may have: a share, and this many however small that is. */
const SHARE_OF_ONE = 1 / 4;
const LEAST_OF_ONE = 8;
/** Of the places still free: however many accounts take all they can, the next one finds some. */
const SHARE_OF_FREE = 1 / 2;
/** What is kept for root. */
const SHARE_OF_ROOT = 1 / 10;

export class ConnectionPlaces {
  readonly #places: number;
  readonly #taken = new Map<string, number>();
  #all = 0;
  #tenants = 0;

  /** `places`: connections of all callers together. */
  constructor(places: number) {
    this.#places = places;
  }

  /** take reports whether the caller may have one more; if so `give` must follow, once. */
  take(caller: Caller): boolean {
    if (!this.#mayTake(caller)) return false;
    this.#count(caller, 1);
    return true;
  }

  give(caller: Caller): void {
    this.#count(caller, -1);
  }

  #mayTake(caller: Caller): boolean {
    if (this.#all >= this.#places) return false;
    if (caller.kind === 'root') return true;
    const free = this.#places - Math.floor(this.#places * SHARE_OF_ROOT) - this.#tenants;
    const share = Math.min(this.#places * SHARE_OF_ONE, free * SHARE_OF_FREE);
    const has = this.#taken.get(describeCaller(caller)) ?? 0;
    return free > 0 && has < Math.max(LEAST_OF_ONE, Math.floor(share));
  }

  #count(caller: Caller, change: 1 | -1): void {
    const name = describeCaller(caller);
    const has = (this.#taken.get(name) ?? 0) + change;
    if (has > 0) this.#taken.set(name, has);
    else this.#taken.delete(name);
    this.#all += change;
    if (caller.kind !== 'root') this.#tenants += change;
  }
}
