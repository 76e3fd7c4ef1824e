/**
 * What does not work now, and when it is tried again: kept for `nmctl status`. It decides nothing.
 */

/** One thing that fails; the shape that every status carries (libs/contracts, operator.ts). */
export interface Failing {
  readonly subject: string;
  readonly action: string;
  readonly reason: string;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly retry_at?: number | undefined;
}

/** More failures than anyone reads; the newest are shown. */
const MAX_SHOWN = 500;
/**
 * Failures remembered: more than there can be accounts. One that is forgotten counts from 1 again,
 * and what waits by that count would try again too soon.
 */
const MAX_KEPT = 20_000;

export class FailureBoard {
  readonly #failing = new Map<string, Failing>();

  constructor(private readonly now: () => number = Date.now) {}

  /** report notes that `action` on `subject` has failed once more; returns how often in a row. */
  report(failure: {
    readonly subject: string;
    readonly action: string;
    readonly reason: string;
    readonly retryAt?: number | undefined;
  }): number {
    const { subject, action, reason, retryAt } = failure;
    const before = this.#failing.get(subject);
    const attempts = (before?.attempts ?? 0) + 1;
    this.#failing.delete(subject);
    this.#failing.set(subject, {
      subject,
      action,
      reason,
      attempts,
      since: before?.since ?? this.now(),
      ...(retryAt === undefined ? {} : { retry_at: retryAt }),
    });
    const [oldest] = this.#failing.keys();
    if (this.#failing.size > MAX_KEPT && oldest !== undefined) this.#failing.delete(oldest);
    return attempts;
  }

  /** clear notes that `subject` works (again). Reports whether it had been failing. */
  clear(subject: string): boolean {
    return this.#failing.delete(subject);
  }

  /** find returns how `subject` fails; undefined when it works. */
  find(subject: string): Failing | undefined {
    return this.#failing.get(subject);
  }

  /** list returns what fails now, what failed last at the end; of very many only the newest. */
  list(): readonly Failing[] {
    return [...this.#failing.values()].slice(-MAX_SHOWN);
  }
}
