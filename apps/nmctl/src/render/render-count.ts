/** Counts for people. Pure. */

/** countText returns a count with its noun: '1 slice', '3 slices'. */
export function countText(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
