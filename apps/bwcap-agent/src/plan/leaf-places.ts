/**
 * Keeps every sliver's place among the leaves, from which its class ids come, while the sliver exists. A
 * place that has become free is taken again as late as possible: data that a sliver left behind is still
 * charged to its class for a while. Deciding on a place claims nothing.
 */
import type { AccountName } from '@nodemgr/records';
import { type LeafIndex, leafIndex, MAX_LEAVES } from '../limits/htb-tree.ts';
import type { ObservedLeaves } from '../observed/bandwidth-state.ts';

export class LeafPlaces {
  readonly #places = new Map<AccountName, LeafIndex>();
  readonly #owners = new Map<LeafIndex, AccountName>();
  /** In the kernel when it was last read. */
  #installed: ReadonlySet<LeafIndex> = new Set();
  /** Where the search for a free place goes on. */
  #next = 0;

  /** found takes note of what the kernel has: a sliver's place is where its leaves are. */
  found(slivers: ReadonlyMap<AccountName, ObservedLeaves>): void {
    const installed = new Set<LeafIndex>();
    for (const [name, { index }] of slivers) {
      installed.add(index);
      this.#put(name, index);
      this.#next = Math.max(this.#next, index + 1);
    }
    this.#installed = installed;
  }

  /**
   * placesFor returns the place that each of `names` has, or would get now. Throws when one has none and
   * all are taken.
   */
  placesFor(names: Iterable<AccountName>): ReadonlyMap<AccountName, LeafIndex> {
    const places = new Map<AccountName, LeafIndex>();
    const given = new Set<LeafIndex>();
    let next = this.#next;
    for (const name of names) {
      const place = this.#places.get(name) ?? this.#free(next, given);
      if (!this.#places.has(name)) next = place + 1;
      given.add(place);
      places.set(name, place);
    }
    return places;
  }

  /** claim says that a sliver has been given a place. */
  claim(name: AccountName, place: LeafIndex): void {
    if (this.#places.get(name) === place) return;
    this.#put(name, place);
    this.#next = place + 1;
  }

  /** release says that a sliver exists no more. */
  release(name: AccountName): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    this.#places.delete(name);
    this.#owners.delete(place);
  }

  /** Where the kernel has another sliver at a place than is remembered, the kernel is right. */
  #put(name: AccountName, place: LeafIndex): void {
    this.release(name);
    const other = this.#owners.get(place);
    if (other !== undefined) this.#places.delete(other);
    this.#places.set(name, place);
    this.#owners.set(place, name);
  }

  #free(next: number, given: ReadonlySet<LeafIndex>): LeafIndex {
    for (let tried = 0; tried < MAX_LEAVES; tried += 1) {
      const place = leafIndex((next + tried) % MAX_LEAVES);
      if (!this.#owners.has(place) && !this.#installed.has(place) && !given.has(place)) {
        return place;
      }
    }
    throw new Error(`no free class id: ${MAX_LEAVES} slivers have one`);
  }
}
