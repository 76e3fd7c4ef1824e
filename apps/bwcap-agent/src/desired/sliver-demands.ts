/**
 * Keeps what is known of every sliver that exists on the machine, and what their min rates add up to, so
 * that a change of one costs no look at the others.
 */
import type { IdRange } from '@nodemgr/node-accounts';
import { type AccountName, bitsPerSecond } from '@nodemgr/records';
import type { Budget } from '../limits/plan-classes.ts';
import { type NodeDemand, promisedTo, type SliverDemand } from '../plan/plan-bandwidth.ts';

export class SliverDemands {
  readonly #demands = new Map<AccountName, SliverDemand>();
  #promised = { ordinary: 0, exempt: 0 };

  constructor(private readonly node: Pick<NodeDemand, 'link' | 'defaults'>) {}

  get all(): ReadonlyMap<AccountName, SliverDemand> {
    return this.#demands;
  }

  get promised(): Budget {
    const { ordinary, exempt } = this.#promised;
    return { ordinary: bitsPerSecond(ordinary), exempt: bitsPerSecond(exempt) };
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

/** Which slivers are on the machine, and their user ids. */
export type Ranges = ReadonlyMap<AccountName, IdRange>;

/** rangesChanged returns the slivers that have come or gone, or have other user ids. */
export function rangesChanged(before: Ranges, after: Ranges): readonly AccountName[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    return was?.first !== is?.first || was?.count !== is?.count;
  });
}
