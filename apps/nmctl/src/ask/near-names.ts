/** Finds the names that someone may have meant. Pure. */

/** How many letters must be changed, added or left out to turn `a` into `b` (Levenshtein). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let at = 1; at <= b.length; at += 1) {
      const change = (above[at - 1] ?? 0) + (a[row - 1] === b[at - 1] ? 0 : 1);
      current.push(Math.min(change, (above[at] ?? 0) + 1, (current[at - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}

const MAX_SHOWN = 3;
const MAX_DISTANCE = 3;
/** Longer text than any name is no misspelling of one. */
const MAX_LENGTH = 64;

/** Case, and which of `.`, `_` and `-` stands where, are what people remember least. */
const folded = (text: string): string => text.toLowerCase().replaceAll(/[._-]/g, '_');

function farness(name: string, meant: string): number {
  if (folded(name) === folded(meant)) return 0;
  if (name.includes(meant)) return 1;
  return distance(meant, name);
}

/** nearNames returns up to three of `names` that are close to `meant` or contain it, nearest first. */
export function nearNames(meant: string, names: readonly string[]): readonly string[] {
  if (meant.length < 2 || meant.length > MAX_LENGTH) return [];
  return names
    .map((name) => ({ name, far: farness(name, meant) }))
    .filter(({ far }) => far <= MAX_DISTANCE)
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_SHOWN)
    .map(({ name }) => name);
}
