/** Tables: aligned columns; on a narrow terminal rows go on below. Pure. */
import { foldLine, hangFor, lengthOf, lineLength, trimLine } from './fold-line.ts';
import { harmless, type Line, line, type Page, type Span, span } from './render-line.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Shown elsewhere or in other words too: left out where the terminal is too narrow for all. */
  readonly spare?: true;
}
export type Cell = string | Span;

const GAP = '  ';

/** A cell is one line: control characters are escaped, and white space is a single blank. */
function flat(cell: Cell): Span {
  const { text, tone } = typeof cell === 'string' ? span(cell) : cell;
  return span(harmless(text.replace(/\s+/g, ' ').trim()), tone);
}

function pad(text: string, width: number, column: Column | undefined): string {
  const blanks = ' '.repeat(Math.max(0, width - lengthOf(text)));
  return column?.align === 'right' ? blanks + text : text + blanks;
}

/** The indent of cells that go on below a row that is too wide. */
const HANG = 4;

interface Layout {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  readonly indent: string;
  readonly page: Pick<Page, 'width'>;
}

/** The cells of a row with what keeps them apart; the last one is left ragged. */
function paddedCells(cells: readonly Span[], { columns, widths }: Layout): readonly Span[] {
  return cells.map(({ text, tone }, at) => {
    const last = at === cells.length - 1 && columns[at]?.align !== 'right';
    return span(last ? text : pad(text, widths[at] ?? 0, columns[at]) + GAP, tone);
  });
}

/** Cells that do not fit beside the others go on below them. */
function rowLines(cells: readonly Span[], layout: Layout): readonly Line[] {
  const { indent, page } = layout;
  const width = page.width ?? Number.POSITIVE_INFINITY;
  const hang = hangFor(indent.length + HANG, width);
  const lines: Line[] = [];
  let current = line(indent);
  for (const cell of paddedCells(cells, layout)) {
    if (lineLength(current) + lengthOf(cell.text.trimEnd()) > width) {
      lines.push(current);
      current = line(' '.repeat(hang));
    }
    current = [...current, cell];
  }
  return [...lines, current]
    .map(trimLine)
    .filter((one, at) => at === 0 || one.length > 0)
    .flatMap((one) => foldLine(one, page, hang));
}

type Measured = Column & { readonly at: number; readonly width: number };

/** Leaves out, one by one from the right, columns that can be spared until all but the last one fit. */
function fitting(columns: readonly Measured[], width: number): readonly Measured[] {
  const needed = columns.slice(0, -1).reduce((sum, column) => sum + column.width + GAP.length, 0);
  const spare =
    needed - GAP.length > width ? columns.findLast((column) => column.spare) : undefined;
  if (spare === undefined) return columns;
  return fitting(
    columns.filter((column) => column !== spare),
    width,
  );
}

/**
 * renderTable returns a table with its head, or nothing when there are no rows. A column that is
 * empty in every row is left out. Without titles there is no head. No line is wider than the page,
 * and nothing is cut.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  page: Pick<Page, 'width'>,
  indent = '',
): readonly Line[] {
  if (rows.length === 0) return [];
  const flatRows = rows.map((row) => row.map(flat));
  const measured = columns.map((column, at) => {
    const texts = flatRows.map((row) => row[at]?.text ?? '');
    const isUsed = texts.some((text) => text !== '');
    const width = [column.title, ...texts].reduce(
      (most, text) => Math.max(most, lengthOf(text)),
      0,
    );
    return { ...column, at, width: isUsed ? width : 0 };
  });
  const used = measured.filter(({ width }) => width > 0);
  const kept = fitting(used, (page.width ?? Number.POSITIVE_INFINITY) - indent.length);
  const layout = { columns: kept, widths: kept.map(({ width }) => width), indent, page };
  const titled = kept.some(({ title }) => title !== '');
  const head = titled ? [kept.map(({ title }) => span(title, 'strong'))] : [];
  const body = flatRows.map((row) => kept.map(({ at }) => row[at] ?? span('')));
  return [...head, ...body].flatMap((row) => rowLines(row, layout));
}
