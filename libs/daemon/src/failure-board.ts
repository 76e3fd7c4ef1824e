/** The failure board: what does not work now, and when it is tried again, for `nmctl status`. It decides nothing. */
import type { Failure } from '@nodemgr/contracts';

/** One more failed attempt. */
export type FailureReport = Pick<Failure, 'code' | 'subject' | 'source' | 'action' | 'reason'> & {
  /** `failing`, unless it says otherwise. */
  readonly outcome?: Failure['outcome'];
  /** Milliseconds since 1970; absent: not tried again before something changes. */
  readonly retryAt?: number | undefined;
};

/** More failures than anyone reads; the newest are shown. */
const MAX_SHOWN = 500;
/**
 * Failures remembered: more than there can be accounts. One that is forgotten counts from 1 again,
 * and what waits by that count would try again too soon.
 */
const MAX_KEPT = 20_000;

export class FailureBoard {
  readonly #failing = new Map<string, Failure>();

  constructor(private readonly now: () => number = Date.now) {}

  /** report notes that `action` on `subject` has failed once more; returns how often in a row. */
  report({ retryAt, outcome = 'failing', ...failure }: FailureReport): number {
    const { subject } = failure;
    const before = this.#failing.get(subject);
    const attempts = (before?.attempts ?? 0) + 1;
    this.#failing.delete(subject);
    this.#failing.set(subject, {
      ...failure,
      outcome,
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
  find(subject: string): Failure | undefined {
    return this.#failing.get(subject);
  }

  /** list returns what fails now, what failed last at the end; of very many only the newest. */
  list(): readonly Failure[] {
    return [...this.#failing.values()].slice(-MAX_SHOWN);
  }
}
