/** Wakes an account when the files kept of it may go. One timer an account; decides nothing. */
import type { Timing } from '@nodemgr/agent';
import type { AccountName } from '@nodemgr/records';

export class PurgeTimers {
  readonly #cancels = new Map<AccountName, () => void>();

  constructor(
    private readonly timing: Pick<Timing, 'now' | 'after'>,
    private readonly wake: (names: Iterable<AccountName>) => void,
  ) {}

  /** arm wakes `name` at `dueMs` (milliseconds since 1970), unless that is set already. */
  arm(name: AccountName, dueMs: number): void {
    if (this.#cancels.has(name)) return;
    const wake = () => {
      this.#cancels.delete(name);
      this.wake([name]);
    };
    this.#cancels.set(name, this.timing.after(dueMs - this.timing.now(), wake));
  }

  /** cancel forgets `name`. */
  cancel(name: AccountName): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }

  /** stop cancels all. */
  stop(): void {
    for (const name of [...this.#cancels.keys()]) this.cancel(name);
  }
}
