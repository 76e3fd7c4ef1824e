/**
 * Keeps the holders of slots. A slot is held while its account or its kept files exist, since the files
 * carry its ids. All of it is synchronous, so workers side by side cannot be given the same slot.
 */
import type { AccountName, AccountType } from '@nodemgr/records';
import { type Slot, slot } from './account-ids.ts';
import { type ForeignIds, NO_FOREIGN_IDS } from './foreign-ids.ts';

export class SlotTable {
  readonly #held = new Map<AccountName, Slot>();
  readonly #holders = new Map<Slot, AccountName>();
  #foreign: ForeignIds = NO_FOREIGN_IDS;
  /** No slot below this one is free, so that a claim need not look at all of them. */
  readonly #searchFrom = { sliver: slot(0), delegate: slot(0) };

  constructor(readonly size: number) {}

  /** inUse returns how many slots cannot be given to an account of this type now. */
  inUse(type: AccountType): number {
    const { uids, ranges } = this.#foreign;
    const taken = [...this.#holders.keys(), ...uids, ...(type === 'sliver' ? ranges : [])];
    return new Set(taken).size;
  }

  /** whyNone returns the reason, for people, why no slot is free for this type: who has them. */
  whyNone(type: AccountType): string {
    const share = `${this.inUse(type)} of ${this.size} in use`;
    if (type === 'delegate') return `no free user id: ${share}`;
    return [`no free id range: ${share}`, ...this.#foreign.takers].join('; ');
  }

  /** holderOf returns the account of ours that holds a slot, if one does. */
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

  /** leaveToOthers names the ids that someone else on this machine uses. */
  leaveToOthers(foreign: ForeignIds): void {
    this.#foreign = foreign;
    this.#searchFrom.sliver = slot(0);
    this.#searchFrom.delegate = slot(0);
  }

  /** yield frees the slot of `name`, of which nothing exists yet, if someone else uses ids of it that the type needs. */
  yield(name: AccountName, type: AccountType): void {
    const place = this.#held.get(name);
    if (place !== undefined && this.#isForeign(place, type)) this.release(name);
  }

  /** hold notes that `name` has this slot. */
  hold(name: AccountName, place: Slot): void {
    if (this.#held.get(name) === place && this.#holders.get(place) === name) return;
    this.release(name);
    this.#held.set(name, place);
    this.#holders.set(place, name);
  }

  /** slotFor returns the slot that `name` holds, else the lowest one free for its type; undefined if none is. */
  slotFor(name: AccountName, type: AccountType): Slot | undefined {
    const held = this.#held.get(name);
    if (held !== undefined) return held;
    const place = this.#lowestFree(type);
    return place < this.size ? place : undefined;
  }

  /** claim gives `name` the slot that slotFor returns. */
  claim(name: AccountName, type: AccountType): Slot | undefined {
    if (!this.#held.has(name)) this.#searchFrom[type] = this.#lowestFree(type);
    const place = this.slotFor(name, type);
    if (place !== undefined) this.hold(name, place);
    return place;
  }

  /** release frees the slot of `name`. Reports whether it had one. */
  release(name: AccountName): boolean {
    const place = this.#held.get(name);
    if (place === undefined) return false;
    this.#held.delete(name);
    if (this.#holders.get(place) === name) this.#holders.delete(place);
    for (const type of ['sliver', 'delegate'] as const) {
      if (place < this.#searchFrom[type]) this.#searchFrom[type] = place;
    }
    return true;
  }

  #lowestFree(type: AccountType): Slot {
    let place = this.#searchFrom[type];
    while (this.#holders.has(place) || this.#isForeign(place, type)) place = slot(place + 1);
    return place;
  }

  #isForeign(place: Slot, type: AccountType): boolean {
    const { uids, ranges } = this.#foreign;
    return uids.has(place) || (type === 'sliver' && ranges.has(place));
  }
}
