/**
 * A stream of numbers that a seed and an index decide completely, so that any input can be made
 * again. It is for choosing among test cases, never for secrets.
 */

/** An odd constant with no pattern in its bits; it tells the streams of neighbouring seeds apart. */
const STEP = 0x9e3779b1;

function mixed(word: number): number {
  const once = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
  const twice = Math.imul(once ^ (once >>> 12), 0x297a2d39);
  return (twice ^ (twice >>> 15)) >>> 0;
}

export class Random {
  #word: number;

  constructor(seed: number, index: number) {
    this.#word = mixed(mixed(seed + STEP) ^ Math.imul(index + 1, STEP));
  }

  /** below returns a whole number from 0 to `limit` - 1; 0 for a limit under 2. */
  below(limit: number): number {
    this.#word = (this.#word + STEP) >>> 0;
    return Math.floor((mixed(this.#word) / 2 ** 32) * limit);
  }

  /** between returns a whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** oneIn is true once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** pick returns an element of a list that has one. */
  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  /** few returns a small count up to `most`, most often the smallest. */
  few(most: number): number {
    return this.below(this.below(most + 1) + 1);
  }

  /** times returns what `make` makes, `count` times. */
  times<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make);
  }
}
