/**
 * Gives every sliver its place among the leaves, from which its class ids come, and keeps it while the
 * sliver exists. A place that has become free is taken again as late as possible: data that a sliver left
 * behind is still charged to its class for a while.
 */
import type { AccountName } from '@nodemgr/records';
import {
  type LeafIndex,
  leafIndex,
  MAX_LEAVES,
  type ObservedLeaves,
} from '../observed/bandwidth-state.ts';

export class LeafPlaces {
  readonly #places = new Map<AccountName, LeafIndex>();
  readonly #taken = new Set<LeafIndex>();
  /** In the kernel, whoever's they are. */
  #installed: ReadonlySet<LeafIndex> = new Set();
  /** Where the search goes on. */
  #next = 0;

  /** found takes note of what the kernel has: a sliver's leaves are where they are. */
  found(slivers: ReadonlyMap<AccountName, ObservedLeaves>): void {
    const installed = new Set<LeafIndex>();
    for (const [name, { index }] of slivers) {
      installed.add(index);
      this.#put(name, index);
    }
    this.#installed = installed;
    this.#next = Math.max(this.#next, ...[...installed].map((index) => index + 1));
  }

  /** placeOf returns a sliver's place; throws when it has none and all are taken. */
  placeOf(name: AccountName): LeafIndex {
    return this.#places.get(name) ?? this.#put(name, this.#free());
  }

  /** release says that the sliver exists no more. */
  release(name: AccountName): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    this.#places.delete(name);
    this.#taken.delete(place);
  }

  #put(name: AccountName, place: LeafIndex): LeafIndex {
    this.release(name);
    this.#places.set(name, place);
    this.#taken.add(place);
    return place;
  }

  #free(): LeafIndex {
    for (let tried = 0; tried < MAX_LEAVES; tried += 1) {
      const place = leafIndex((this.#next + tried) % MAX_LEAVES);
      if (this.#taken.has(place) || this.#installed.has(place)) continue;
      this.#next = place + 1;
      return place;
    }
    throw new Error(`no free class id: ${MAX_LEAVES} slivers have one`);
  }
}
