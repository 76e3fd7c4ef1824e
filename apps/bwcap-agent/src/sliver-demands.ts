/**
 * Keeps what is known of every sliver that exists on the machine, and what their min rates add up to, so
 * that a change of one costs no look at the others.
 */
import type { AccountName, BitsPerSecond } from '@nodemgr/records';
import { type NodeDemand, promisedTo, type SliverDemand } from './plan-bandwidth.ts';
import type { Budget } from './plan-classes.ts';

export class SliverDemands {
  readonly #demands = new Map<AccountName, SliverDemand>();
  #promised = { ordinary: 0, exempt: 0 };

  constructor(private readonly node: Pick<NodeDemand, 'link' | 'defaults'>) {}

  get all(): ReadonlyMap<AccountName, SliverDemand> {
    return this.#demands;
  }

  get promised(): Budget {
    const { ordinary, exempt } = this.#promised;
    return { ordinary: ordinary as BitsPerSecond, exempt: exempt as BitsPerSecond };
  }

  /** set notes what a sliver asks for now; undefined: it is not on the machine. */
  set(name: AccountName, demand: SliverDemand | undefined): void {
    this.#count(this.#demands.get(name), -1);
    this.#count(demand, 1);
    if (demand === undefined) this.#demands.delete(name);
    else this.#demands.set(name, demand);
  }

  #count(demand: SliverDemand | undefined, sign: 1 | -1): void {
    if (demand === undefined) return;
    const min = promisedTo([demand], this.node);
    this.#promised.ordinary += sign * min.ordinary;
    this.#promised.exempt += sign * min.exempt;
  }
}
