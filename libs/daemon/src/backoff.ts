/** How long to wait before trying again. Pure. */

export interface Backoff {
  readonly base_ms: number;
  readonly max_ms: number;
}

/**
 * backoffMs returns the wait in milliseconds after the `attempt`-th failure in a row (1 is the
 * first): doubling from `base_ms` up to `max_ms`, of which the second half is left to chance
 * (`random`, 0 to 1) so that things that failed together do not come back together.
 */
export function backoffMs(attempt: number, { base_ms, max_ms }: Backoff, random: number): number {
  const full = Math.min(max_ms, base_ms * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full / 2 + (full / 2) * random);
}
