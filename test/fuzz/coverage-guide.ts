/** Finds in a batch of inputs those that reached new code, so that they are mutated further. */
import type { BranchCoverage } from './branch-coverage.ts';

/** What one batch may give: the first batches reach something new with nearly every input. */
const MAX_FROM_BATCH = 8;

export class CoverageGuide<Input> {
  readonly #coverage: BranchCoverage;
  readonly #run: (input: Input) => Promise<unknown>;

  /** `run` has an input go through the code under test once more. */
  constructor(coverage: BranchCoverage, run: (input: Input) => Promise<unknown>) {
    this.#coverage = coverage;
    this.#run = run;
  }

  /** freshIn returns inputs of a batch that has just run which together reach what is new in it. */
  async freshIn(batch: readonly Input[]): Promise<readonly Input[]> {
    const found: Input[] = [];
    let rest = batch;
    let fresh = this.#coverage.sample();
    while (fresh && found.length < MAX_FROM_BATCH) {
      const at = await this.#firstFresh(rest);
      const input = rest[at];
      // Reached by several inputs together, and by none alone: it is reached again in a later batch.
      if (input === undefined) break;
      found.push(input);
      rest = rest.slice(at + 1);
      fresh = await this.#reachesNew(rest);
    }
    return found;
  }

  /** Where the first input stands that reaches something new by itself; it counts as reached then. */
  async #firstFresh(batch: readonly Input[]): Promise<number> {
    let start = 0;
    let end = batch.length;
    while (end - start > 1) {
      const middle = (start + end) >> 1;
      if (await this.#reachesNew(batch.slice(start, middle))) end = middle;
      else start = middle;
    }
    if (!(await this.#reachesNew(batch.slice(start, end)))) return -1;
    this.#coverage.accept();
    return start;
  }

  async #reachesNew(inputs: readonly Input[]): Promise<boolean> {
    for (const input of inputs) await this.#run(input);
    return this.#coverage.sample();
  }
}
