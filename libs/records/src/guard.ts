/**
 * The guard: an update that would remove more than a configured share of the running slivers is
 * refused as a whole. An authority that answers with an empty or truncated file must not wipe a node.
 * The same share of all slivers, stopped ones included, is protected too: otherwise tenants who call
 * Stop, or an authority that disables slices first, would leave too few running for the guard to act.
 */
import type { RecordKey } from './record-key.ts';

export interface GuardLimits {
  /** The largest share of the slivers, 0 to 1, that one update may remove. */
  readonly max_removed_share: number;
  /** With fewer slivers than this the guard does not act. */
  readonly min_slivers: number;
}

/** Whom the guard protects; `running` is a part of `existing`. */
export interface Protected {
  readonly running: ReadonlySet<RecordKey>;
  readonly existing: ReadonlySet<RecordKey>;
}

export interface Refusal {
  /** How many slivers there are of the kind that the reason names. */
  readonly population: number;
  readonly would_remove: readonly RecordKey[];
  readonly reason: string;
}

function guardKind(
  kind: string,
  slivers: ReadonlySet<RecordKey>,
  removed: readonly RecordKey[],
  limits: GuardLimits,
): Refusal | undefined {
  const doomed = removed.filter((key) => slivers.has(key));
  if (doomed.length === 0 || slivers.size < limits.min_slivers) return undefined;
  // Divided, not multiplied: 29 of 100 is 0.29 to the last bit, but 100 × 0.29 is a little less than 29.
  if (doomed.length / slivers.size <= limits.max_removed_share) return undefined;
  const share = Number((limits.max_removed_share * 100).toPrecision(6));
  return {
    population: slivers.size,
    would_remove: doomed,
    reason: `the update would remove ${doomed.length} of ${slivers.size} ${kind}; more than ${share}% needs an operator's word (nmctl guard allow)`,
  };
}

/** guardUpdate returns why removing `removed` is refused, or undefined when the guard lets it pass. */
export function guardUpdate(
  { running, existing }: Protected,
  removed: readonly RecordKey[],
  limits: GuardLimits,
): Refusal | undefined {
  return (
    guardKind('running slivers', running, removed, limits) ??
    guardKind('slivers, stopped ones included', existing, removed, limits)
  );
}
