/** A clock for tests: time passes when the test says so, chance is fixed. Not part of the library's face. */
import type { Timing } from './timing.ts';

export class FakeTiming implements Timing {
  #now = 1_000_000;
  #due: { readonly at: number; readonly action: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return 1;
  }

  after(ms: number, action: () => void): () => void {
    const entry = { at: this.#now + ms, action };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  /** Actions not yet due. */
  get pending(): number {
    return this.#due.length;
  }

  /** advance lets `ms` pass; what falls due happens in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#due = this.#due.filter((other) => other !== next);
      this.#now = next.at;
      next.action();
    }
    this.#now = end;
  }
}
