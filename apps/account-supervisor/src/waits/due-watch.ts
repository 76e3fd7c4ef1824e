/**
 * Wakes accounts when something of theirs is due: kept files may go or can be dated, tenants are to be told of a
 * stop. It looks at the clock once a second while there are any: a timer for the moment itself would be wrong
 * after the clock was set, and says nothing of when it is trusted. Decides nothing.
 */
import type { Timing } from '@nodemgr/agent';
import type { AccountName, EpochSeconds } from '@nodemgr/records';

const LOOK_MS = 1000;

/** The clock as far as these go by it: TrustedClock in production. */
export interface WatchedClock {
  look(): { readonly now: EpochSeconds; readonly clockTrusted: boolean };
}

export class DueWatch {
  /** When each account is due (seconds since 1970). */
  readonly #due = new Map<AccountName, number>();
  #cancel: (() => void) | undefined;

  constructor(
    private readonly clock: WatchedClock,
    private readonly timing: Pick<Timing, 'after'>,
    private readonly wake: (names: Iterable<AccountName>) => void,
  ) {}

  /** arm wakes `name` once, when a trusted clock is past `due` (seconds since 1970). */
  arm(name: AccountName, due: number): void {
    this.#due.set(name, due);
    this.#cancel ??= this.timing.after(LOOK_MS, () => this.#look());
  }

  /** cancel forgets `name`. */
  cancel(name: AccountName): void {
    this.#due.delete(name);
  }

  /** stop cancels all. */
  stop(): void {
    this.#due.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    this.#cancel = undefined;
    const { now, clockTrusted } = this.clock.look();
    if (clockTrusted) this.#wakeDue(now);
    if (this.#due.size > 0) this.#cancel = this.timing.after(LOOK_MS, () => this.#look());
  }

  #wakeDue(now: number): void {
    const names = [...this.#due].flatMap(([name, due]) => (due <= now ? [name] : []));
    for (const name of names) this.#due.delete(name);
    if (names.length > 0) this.wake(names);
  }
}
