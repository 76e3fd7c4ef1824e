/** Prints what was measured, as tables for people. It judges nothing: a budget is shown, not enforced. */

/** What stands in a cell: a text, or a number to be written with as many digits as mean something. */
export type Cell = string | number;

function written(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  if (Number.isNaN(cell)) return '-';
  const digits = Math.abs(cell) >= 100 ? 0 : Math.abs(cell) >= 10 ? 1 : 2;
  return Number.isInteger(cell) ? String(cell) : cell.toFixed(digits);
}

/** printTable prints a title, the budget that it is about, and rows under their headings. */
export function printTable(
  title: string,
  budget: string,
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
): void {
  const table = [headings, ...rows.map((row) => row.map(written))];
  const widths = headings.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  process.stdout.write(
    `\n${title}\n  budget: ${budget}\n${table.map((row) => `  ${line(row)}\n`).join('')}`,
  );
}
