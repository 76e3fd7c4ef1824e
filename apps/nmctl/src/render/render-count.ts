/** Counts for people. Pure. */

/** countText tells how many: '1 slice', '3 slices'. */
export function countText(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
