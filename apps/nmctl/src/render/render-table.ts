/** Tables: aligned columns, cut at the terminal's edge and nowhere else. Pure. */
import { harmless, type Line, line, type Page, type Span, span } from './render-line.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}
export type Cell = string | Span;

const GAP = '  ';

/** A cell is one line: what would break it is shown, white space is a single blank. */
function flat(cell: Cell): Span {
  const { text, tone } = typeof cell === 'string' ? span(cell) : cell;
  return span(harmless(text.replace(/\s+/g, ' ').trim()), tone);
}

/** Characters, not columns of a terminal: names, units and numbers are ASCII, the rest comes last. */
const lengthOf = (text: string): number => [...text].length;

function pad(text: string, width: number, column: Column | undefined): string {
  const blanks = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return column?.align === 'right' ? blanks + text : text + blanks;
}

/** cutLine shortens a line to `width` characters, the last of them `…` when something is left out. */
export function cutLine(whole: Line, width: number): Line {
  const length = whole.reduce((sum, { text }) => sum + lengthOf(text), 0);
  if (length <= width) return whole;
  const kept: Span[] = [];
  let left = Math.max(0, width - 1);
  for (const { text, tone } of whole) {
    const part = [...text].slice(0, left);
    left -= part.length;
    kept.push(span(part.join(''), tone));
  }
  return [...kept, span('…')];
}

function tableLine(
  cells: readonly Span[],
  widths: readonly number[],
  columns: readonly Column[],
  indent: string,
): Line {
  const parts = cells.map(({ text, tone }, at) => {
    const last = at === cells.length - 1 && columns[at]?.align !== 'right';
    const padded = last ? text : pad(text, widths[at] ?? 0, columns[at]) + GAP;
    return span(padded, tone);
  });
  return line(indent, ...parts);
}

/** Blanks at the end of a line are noise in a file and a wrapped line on a terminal. */
function trimEnd(whole: Line): Line {
  const kept = [...whole];
  let last = kept.pop();
  while (last !== undefined) {
    const text = last.text.trimEnd();
    if (text !== '') return [...kept, span(text, last.tone)];
    last = kept.pop();
  }
  return [];
}

/**
 * renderTable returns a table with its head, or nothing when there are no rows. A column that is
 * empty in every row is left out. Without titles there is no head.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  page: Pick<Page, 'width'>,
  indent = '',
): readonly Line[] {
  if (rows.length === 0) return [];
  const flatRows = rows.map((row) => row.map(flat));
  const used = columns
    .map((column, at) => ({ column, at }))
    .filter(({ at }) => flatRows.some((row) => (row[at]?.text ?? '') !== ''));
  const kept = used.map(({ column }) => column);
  const body = flatRows.map((row) => used.map(({ at }) => row[at] ?? span('')));
  const titled = kept.some(({ title }) => title !== '');
  const head = titled ? [kept.map(({ title }) => span(title, 'strong'))] : [];
  const all = [...head, ...body];
  const widths = kept.map((_, at) =>
    all.reduce((most, row) => Math.max(most, lengthOf(row[at]?.text ?? '')), 0),
  );
  const lines = all.map((row) => trimEnd(tableLine(row, widths, kept, indent)));
  const { width } = page;
  return width === undefined ? lines : lines.map((one) => cutLine(one, width));
}
