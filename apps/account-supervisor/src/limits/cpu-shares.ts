/**
 * Keeps the CPU weights of all slivers that should run, and says whose have changed: a change of one
 * share concerns nobody else unless guarantees are involved. The arithmetic is in plan-cpu-weights.ts.
 */
import type { AccountName } from '@nodemgr/records';
import {
  type CpuClaim,
  type CpuPlan,
  type CpuWeight,
  MAX_GUARANTEED,
  planCpuWeights,
} from './plan-cpu-weights.ts';

export class CpuShares {
  readonly #claims = new Map<AccountName, CpuClaim>();
  #plan: CpuPlan = planCpuWeights(new Map());

  /**
   * update takes the claims of some slivers (undefined: it does not run) and returns the names of all
   * whose weight is now another.
   */
  update(claims: Iterable<readonly [AccountName, CpuClaim | undefined]>): readonly AccountName[] {
    let changed = false;
    for (const [name, claim] of claims) {
      const before = this.#claims.get(name);
      if (before?.share === claim?.share && before?.guarantee === claim?.guarantee) continue;
      changed = true;
      if (claim === undefined) this.#claims.delete(name);
      else this.#claims.set(name, claim);
    }
    if (!changed) return [];
    const before = this.#plan.weights;
    this.#plan = planCpuWeights(this.#claims);
    return [...this.#plan.weights].flatMap(([name, weight]) =>
      before.get(name) === weight ? [] : [name],
    );
  }

  /** Everyone who claims anything. */
  names(): Iterable<AccountName> {
    return this.#claims.keys();
  }

  weightOf(name: AccountName): CpuWeight | undefined {
    return this.#plan.weights.get(name);
  }

  /** Why not every guarantee can be kept; undefined when all are. */
  get shortfall(): string | undefined {
    const { guaranteed, short } = this.#plan;
    if (guaranteed > MAX_GUARANTEED) {
      return `guarantees add up to ${guaranteed} thousandths of the CPU, ${MAX_GUARANTEED} can be given: all are cut in proportion`;
    }
    if (short.length === 0) return undefined;
    return `too many slivers run beside ${short.join(', ')} for a weight (at most 10000) that keeps the guarantee`;
  }
}
