/** What is asked for the slivers on this machine: by the feed, and by their user ids. Pure. */
import type { AccountItem, FeedItem } from '@nodemgr/contracts';
import type { IdRange } from '@nodemgr/node-accounts';
import {
  type AccountName,
  type BitsPerSecond,
  bitsPerSecond,
  type HostUid,
  hostUid,
  type RecordKey,
  type Rspec,
  recordKeyOf,
} from '@nodemgr/records';
import { BRANCHES, type Branch } from '../limits/htb-tree.ts';
import type { DayRates } from '../limits/limit.ts';
import { type Budget, minRateOf } from '../limits/min-rate.ts';
import { NO_RECORD, type Reason } from './reasons.ts';

/** What is asked for a sliver that exists on the machine. */
export interface SliverDemand {
  /** Its effective RSpec. Undefined: no record names it now, and it keeps the limits that it has. */
  readonly rspec: Rspec | undefined;
  /** The rates that its leaves are cut to for the rest of the day; undefined: none is. */
  readonly dayRates?: DayRates | undefined;
  /** Why that is asked for. */
  readonly reason: Reason;
  /** Its user ids, both included. */
  readonly first: HostUid;
  readonly last: HostUid;
}

/** The slivers on the machine, and their user ids. */
export type Ranges = ReadonlyMap<AccountName, IdRange>;

/** rangesChanged returns the slivers that have come or gone, or have other user ids. */
export function rangesChanged(before: Ranges, after: Ranges): readonly AccountName[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    return was?.first !== is?.first || was?.count !== is?.count;
  });
}

const isLent = ({ rspec, effective }: AccountItem): boolean =>
  Object.keys(effective).some((resource) => effective[resource] !== rspec[resource]);

const reasonOf = (item: AccountItem): Reason => ({
  why: `record of ${item.source}${isLent(item) ? ', with loans' : ''}`,
  by: { kind: item.source },
});

/** What is asked for a sliver beside its record. */
export interface DayTerms {
  readonly rates: DayRates | undefined;
  /** Why the rates are others now; undefined: they are not. */
  readonly reason?: Reason | undefined;
}

/** sliverDemandOf returns what is asked for a sliver; undefined: it is not on the machine. */
export function sliverDemandOf(
  name: AccountName,
  ranges: Ranges,
  items: ReadonlyMap<RecordKey, FeedItem>,
  day: DayTerms,
): SliverDemand | undefined {
  const range = ranges.get(name);
  if (range === undefined) return undefined;
  const item = items.get(recordKeyOf('sliver', name));
  const isNamed = item?.kind === 'account';
  return {
    rspec: isNamed ? item.effective : undefined,
    dayRates: day.rates,
    reason: day.reason ?? (isNamed ? reasonOf(item) : NO_RECORD),
    first: range.first,
    last: hostUid(range.first + range.count - 1),
  };
}

/**
 * The demands of all slivers, and what their min rates add up to, so that a change of one costs no look at
 * the others.
 */
export class SliverDemands {
  readonly #demands = new Map<AccountName, SliverDemand>();
  readonly #promised: Record<Branch, number> = { ordinary: 0, exempt: 0 };

  /** `defaults` stand for the RSpec of a sliver that no record names. */
  constructor(
    private readonly link: BitsPerSecond,
    private readonly defaults: Rspec,
  ) {}

  get all(): ReadonlyMap<AccountName, SliverDemand> {
    return this.#demands;
  }

  /** What the min rates of all slivers add up to. */
  get promised(): Budget {
    const { ordinary, exempt } = this.#promised;
    return { ordinary: bitsPerSecond(ordinary), exempt: bitsPerSecond(exempt) };
  }

  /** set notes what is asked for a sliver now; undefined: it is not on the machine. */
  set(name: AccountName, demand: SliverDemand | undefined): void {
    this.#count(this.#demands.get(name), -1);
    this.#count(demand, 1);
    if (demand === undefined) this.#demands.delete(name);
    else this.#demands.set(name, demand);
  }

  #count(demand: SliverDemand | undefined, sign: 1 | -1): void {
    if (demand === undefined) return;
    const rspec = demand.rspec ?? this.defaults;
    for (const branch of BRANCHES) {
      this.#promised[branch] += sign * minRateOf(rspec, branch, this.link);
    }
  }
}
