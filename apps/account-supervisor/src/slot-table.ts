/**
 * Who holds which slot. A slot is held while its account or its kept files exist, since the files
 * carry its ids. All of it is synchronous, so workers side by side cannot be given the same slot.
 */
import type { AccountName } from '@nodemgr/records';
import { type Slot, slot } from './account-ids.ts';

export class SlotTable {
  readonly #held = new Map<AccountName, Slot>();
  readonly #holders = new Map<Slot, AccountName>();
  #foreign: ReadonlySet<Slot> = new Set();
  /** No slot below this one is free, so that a claim need not look at all of them. */
  #searchFrom = slot(0);

  constructor(readonly size: number) {}

  /** Slots that cannot be given away now. */
  get inUse(): number {
    let both = 0;
    for (const place of this.#foreign) if (this.#holders.has(place)) both += 1;
    return this.#holders.size + this.#foreign.size - both;
  }

  /** holderOf returns who holds a slot, if one of our accounts does. */
  holderOf(place: Slot): AccountName | undefined {
    return this.#holders.get(place);
  }

  /** copy returns a table with the same holders, to plan on. */
  copy(): SlotTable {
    const table = new SlotTable(this.size);
    for (const [name, place] of this.#held) table.hold(name, place);
    table.leaveToOthers(this.#foreign);
    return table;
  }

  /** leaveToOthers names the slots whose ids someone else on this machine uses. */
  leaveToOthers(slots: ReadonlySet<Slot>): void {
    this.#foreign = slots;
    this.#searchFrom = slot(0);
  }

  /** yield frees the slot of `name`, of which nothing exists yet, if someone else uses its ids by now. */
  yield(name: AccountName): void {
    const place = this.#held.get(name);
    if (place !== undefined && this.#foreign.has(place)) this.release(name);
  }

  /** hold notes what was observed: `name` has this slot. */
  hold(name: AccountName, place: Slot): void {
    this.release(name);
    this.#held.set(name, place);
    this.#holders.set(place, name);
  }

  /** claim returns the slot that `name` holds, else gives it the lowest free one; undefined if none is. */
  claim(name: AccountName): Slot | undefined {
    const held = this.#held.get(name);
    if (held !== undefined) return held;
    let place = this.#searchFrom;
    while (this.#holders.has(place) || this.#foreign.has(place)) place = slot(place + 1);
    this.#searchFrom = place;
    if (place >= this.size) return undefined;
    this.hold(name, place);
    return place;
  }

  /** release frees the slot of `name`. Reports whether it had one. */
  release(name: AccountName): boolean {
    const place = this.#held.get(name);
    if (place === undefined) return false;
    this.#held.delete(name);
    if (this.#holders.get(place) === name) this.#holders.delete(place);
    if (place < this.#searchFrom) this.#searchFrom = place;
    return true;
  }
}
