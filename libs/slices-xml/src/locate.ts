/** Turns positions into line numbers, for messages. Pure. */

export interface Located<T> {
  readonly line: number;
  readonly item: T;
}

/** locate numbers the lines (from 1) of items with a position in `source`; returns them in its order. */
export function locate<T extends { readonly at: number }>(
  source: string,
  items: readonly T[],
): readonly Located<T>[] {
  const located: Located<T>[] = [];
  let line = 1;
  let newline = source.indexOf('\n');
  for (const item of [...items].sort((a, b) => a.at - b.at)) {
    while (newline !== -1 && newline < item.at) {
      line += 1;
      newline = source.indexOf('\n', newline + 1);
    }
    located.push({ line, item });
  }
  return located;
}
