/**
 * Says who may have one more connection, so that no tenant keeps another or the operator out, and no ordinary
 * user another. It counts and decides; it closes nothing. Who counts as one is caller-shares.ts's to say: an
 * account does, and all that are nobody do together, since of an ordinary user's ids there may be thousands.
 */
import type { Shares } from '@nodemgr/daemon';
import type { SharingCaller } from '../caller/caller-shares.ts';

/** What one share may have: of all places, and this many however small that is; inside another, of that. */
const SHARE_OF_ONE = 1 / 4;
const LEAST_OF_ONE = 8;
/** Of the places still free: however many accounts take all they can, the next one finds some. */
const SHARE_OF_FREE = 1 / 2;
/** What is kept for root. */
const SHARE_OF_ROOT = 1 / 10;
/** Parties of a share that have one place beyond it, because they had none. */
const MAX_EXCEPTED = 8;
/** Of a share that several have: what is kept for those of them that have no place yet. */
const SHARE_OF_NEW = 1 / 4;

export class ConnectionPlaces {
  readonly #places: number;
  /** By the name of a share. One of which nothing is taken is not remembered. */
  readonly #taken = new Map<string, number>();
  readonly #excepted = new Set<string>();
  #all = 0;
  #tenants = 0;

  /** `places`: connections of all callers together. */
  constructor(places: number) {
    this.#places = places;
  }

  /** take reports whether the caller may have one more; if so `give` must follow, once. */
  take(caller: SharingCaller): boolean {
    if (!this.#mayTake(caller)) return false;
    this.#count(caller, 1);
    return true;
  }

  give(caller: SharingCaller): void {
    this.#count(caller, -1);
  }

  #mayTake({ caller, shares }: SharingCaller): boolean {
    if (this.#all >= this.#places) return false;
    if (caller.kind === 'root') return true;
    const free = this.#places - Math.floor(this.#places * SHARE_OF_ROOT) - this.#tenants;
    if (free <= 0) return false;
    const most = this.#places * SHARE_OF_ONE;
    if (!this.#mayTakeWithin(shares, most)) return false;
    const [widest, party] = shares;
    const has = this.#has(widest);
    if (has < atLeast(LEAST_OF_ONE, Math.min(most, free * SHARE_OF_FREE))) return true;
    return party !== undefined && has < most && this.#mayExcept(party);
  }

  /** What some ordinary users took while much was free keeps out no other who has nothing yet. */
  #mayExcept(party: string): boolean {
    if (this.#taken.has(party) || this.#excepted.size >= MAX_EXCEPTED) return false;
    this.#excepted.add(party);
    return true;
  }

  /** #mayTakeWithin asks it of each share inside the widest, which may have `most` places. */
  #mayTakeWithin(shares: Shares, most: number): boolean {
    let outer = { has: this.#has(shares[0]), most: atLeast(LEAST_OF_ONE, most) };
    for (const name of shares.slice(1)) {
      const inner = { has: this.#has(name), most: atLeast(1, outer.most * SHARE_OF_ONE) };
      const kept = inner.has === 0 ? 0 : atLeast(1, outer.most * SHARE_OF_NEW);
      if (outer.has >= outer.most - kept || inner.has >= inner.most) return false;
      outer = inner;
    }
    return true;
  }

  #forget(name: string): void {
    this.#taken.delete(name);
    this.#excepted.delete(name);
  }

  #has(name: string): number {
    return this.#taken.get(name) ?? 0;
  }

  #count({ caller, shares }: SharingCaller, change: 1 | -1): void {
    for (const name of shares) {
      const has = this.#has(name) + change;
      if (has > 0) this.#taken.set(name, has);
      else this.#forget(name);
    }
    this.#all += change;
    if (caller.kind !== 'root') this.#tenants += change;
  }
}

const atLeast = (least: number, places: number): number => Math.max(least, Math.floor(places));
