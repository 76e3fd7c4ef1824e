/**
 * Keeps what all slivers that should run claim of what they share, and tells whose amounts have changed: a
 * change of one claim need not concern anybody else. The arithmetic is each limit's own.
 */
import { type AccountName, amountOf, type Rspec } from '@nodemgr/records';
import type { Division, NodeFacts, SharedLimit } from './limit.ts';
import { type LimitName, type Limits, SHARED_LIMITS } from './table.ts';

interface Kept {
  readonly name: LimitName;
  readonly limit: SharedLimit;
  division: Division;
}

/** A reason why some claims cannot be met. */
export interface Shortfall {
  readonly failure: SharedLimit['failure'];
  readonly reason: string | undefined;
}

/** A claim of what a limit shares changes with the limit's own resources only. */
function sameClaim(
  a: Rspec | undefined,
  b: Rspec | undefined,
  { resources }: SharedLimit,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return resources.every((resource) => amountOf(a, resource) === amountOf(b, resource));
}

export class SharedLimits {
  readonly #claims = new Map<AccountName, Rspec>();
  readonly #node: NodeFacts;
  readonly #kept: readonly Kept[];
  /** Of the divisions as they are: every plan asks for it. */
  #sums: Limits;

  constructor(node: NodeFacts) {
    this.#node = node;
    this.#kept = SHARED_LIMITS.map(([name, limit]) => ({
      name,
      limit,
      division: limit.divide(this.#claims, node),
    }));
    this.#sums = this.#sumUp();
  }

  /**
   * update takes the effective RSpecs of some slivers (undefined: it does not run) and returns the names of
   * all whose amounts are now others.
   */
  update(claims: Iterable<readonly [AccountName, Rspec | undefined]>): ReadonlySet<AccountName> {
    const stale = new Set<Kept>();
    for (const [name, claim] of claims) {
      const was = this.#claims.get(name);
      for (const kept of this.#kept) if (!sameClaim(was, claim, kept.limit)) stale.add(kept);
      if (claim === undefined) this.#claims.delete(name);
      else this.#claims.set(name, claim);
    }
    const names = new Set<AccountName>();
    if (stale.size === 0) return names;
    for (const kept of stale) {
      const before = kept.division.amounts;
      kept.division = kept.limit.divide(this.#claims, this.#node);
      for (const [name, amount] of kept.division.amounts) {
        if (before.get(name) !== amount) names.add(name);
      }
    }
    this.#sums = this.#sumUp();
    return names;
  }

  /** Everyone who claims anything. */
  names(): Iterable<AccountName> {
    return this.#claims.keys();
  }

  /** amountsOf returns what `name` is given; undefined: it is not to run, and whatever it has may stay. */
  amountsOf(name: AccountName): Limits | undefined {
    if (!this.#claims.has(name)) return undefined;
    const amounts = this.#kept.map((kept) => [kept.name, kept.division.amounts.get(name)]);
    return Object.fromEntries(amounts);
  }

  /** sums returns what the slices above the slivers are to have. */
  sums(): Limits {
    return this.#sums;
  }

  #sumUp(): Limits {
    const summed = this.#kept.filter(({ limit }) => limit.summed === true);
    return Object.fromEntries(
      summed.map(({ name, division }) => {
        let sum = 0;
        for (const amount of division.amounts.values()) sum += amount;
        return [name, sum];
      }),
    );
  }

  /** howOf tells how what `name` is given follows from what all claim. */
  howOf(limit: LimitName, name: AccountName): string | undefined {
    const kept = this.#kept.find((one) => one.name === limit);
    const [claim, amount] = [this.#claims.get(name), kept?.division.amounts.get(name)];
    if (kept === undefined || claim === undefined || amount === undefined) return undefined;
    return kept.limit.how(claim, amount, kept.division);
  }

  /** shortfalls returns for each thing that is shared why not everyone gets what is claimed. */
  shortfalls(): readonly Shortfall[] {
    return this.#kept.map(({ limit, division }) => ({
      failure: limit.failure,
      reason: division.shortfall,
    }));
  }
}
