/**
 * The guard: an update that would remove more than a configured share of the running slivers is
 * refused as a whole. An authority that answers with an empty or truncated file must not wipe a node.
 */
import type { RecordKey } from './quantities.ts';

export interface GuardLimits {
  /** The largest share of the running slivers, 0 to 1, that one update may remove. */
  readonly max_removed_share: number;
  /** With fewer running slivers than this the guard does not act. */
  readonly min_slivers: number;
}

export interface Refusal {
  readonly running: number;
  readonly would_remove: readonly RecordKey[];
  readonly reason: string;
}

/** guardUpdate returns why removing `removed` is refused, or undefined when the guard lets it pass. */
export function guardUpdate(
  running: ReadonlySet<RecordKey>,
  removed: readonly RecordKey[],
  limits: GuardLimits,
): Refusal | undefined {
  const doomed = removed.filter((key) => running.has(key));
  if (doomed.length === 0 || running.size < limits.min_slivers) return undefined;
  // Divided, not multiplied: 29 of 100 is 0.29 to the last bit, but 100 × 0.29 is a little less than 29.
  if (doomed.length / running.size <= limits.max_removed_share) return undefined;
  const share = Number((limits.max_removed_share * 100).toPrecision(6));
  return {
    running: running.size,
    would_remove: doomed,
    reason: `the update would remove ${doomed.length} of ${running.size} running slivers; more than ${share}% needs an operator's word (nmctl guard allow)`,
  };
}
