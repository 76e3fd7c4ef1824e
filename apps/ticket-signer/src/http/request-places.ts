/**
 * Counts connections, and says which of them are served: so many of one caller, so many of all. Who has
 * more is told to come back, and beyond that not even told. It closes nothing.
 */
import { TOLD_PER_SERVED } from './http-bounds.ts';

export interface PlaceLimits {
  readonly perCaller: number;
  readonly all: number;
}

/** `told`: it is only told that the caller, or the server, is busy. `closed`: it is closed unheard. */
export type Place = 'served' | 'caller busy' | 'server busy' | 'closed';

interface Count {
  served: number;
  told: number;
}

export class RequestPlaces {
  readonly #limits: PlaceLimits;
  readonly #counts = new Map<string, Count>();
  #served = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** enter takes a place for one more connection of `caller`; `leave` must follow, once. */
  enter(caller: string): Place {
    const count = this.#counts.get(caller) ?? { served: 0, told: 0 };
    const place = this.#placeFor(count);
    this.#change(caller, count, place, 1);
    return place;
  }

  leave(caller: string, place: Place): void {
    const count = this.#counts.get(caller);
    if (count !== undefined) this.#change(caller, count, place, -1);
  }

  #placeFor({ served, told }: Count): Place {
    const { perCaller, all } = this.#limits;
    if (served < perCaller && this.#served < all) return 'served';
    if (told >= perCaller * TOLD_PER_SERVED) return 'closed';
    return served < perCaller ? 'server busy' : 'caller busy';
  }

  #change(caller: string, count: Count, place: Place, by: 1 | -1): void {
    if (place === 'closed') return;
    if (place === 'served') {
      count.served += by;
      this.#served += by;
    } else count.told += by;
    if (count.served + count.told > 0) this.#counts.set(caller, count);
    else this.#counts.delete(caller);
  }
}
