/**
 * Accounts to be looked at again, from the moment when the machine begins to tell: the loop that looks
 * can only be made once the machine has been looked at as a whole.
 */
import type { AccountName } from '@nodemgr/records';

type Wake = (names: Iterable<AccountName>) => void;

export class HeldWakes {
  readonly #held = new Set<AccountName>();
  #wake: Wake | undefined;

  /** wake wakes `name` now, or once there is something to wake. */
  wake(name: AccountName): void {
    if (this.#wake === undefined) this.#held.add(name);
    else this.#wake([name]);
  }

  /** handTo wakes all that was held, and whatever comes from now on. */
  handTo(wake: Wake): void {
    this.#wake = wake;
    const held = [...this.#held];
    this.#held.clear();
    if (held.length > 0) wake(held);
  }
}
