/** Figures of repeated measurements. Pure. */

/** percentile returns the value below which `share` (0 to 1) of `values` lie; NaN when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** median returns the middle value: one slow round of a busy machine does not move it. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
