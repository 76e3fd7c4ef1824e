/** Who uses what now, as a table. Pure. */
import { rateText } from '@nodemgr/records';
import { numberText, sizeText, volumeText } from '../render/render-amounts.ts';
import { type Line, line, type Page } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';
import { clockText } from '../render/render-time.ts';
import type { SliverNow, Sort } from './measure-use.ts';

const COLUMNS = [
  { title: 'NAME' },
  { title: 'CPU', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'TASKS', align: 'right' },
  { title: 'DISK', align: 'right' },
  { title: 'READ/s', align: 'right' },
  { title: 'WRITE/s', align: 'right' },
  { title: 'SEND', align: 'right' },
] as const;

/** Three digits are enough. */
const rate = (bits: number | undefined): string =>
  bits === undefined ? '' : rateText(Number(bits.toPrecision(3)));

const cpu = (thousandths: number | undefined): string =>
  thousandths === undefined ? '' : `${(thousandths / 10).toFixed(1)}%`;

/** renderTop returns the slivers in their order, as many as fit on `rows` lines; undefined: all. */
export function renderTop(
  slivers: readonly SliverNow[],
  { sort, rows }: { readonly sort: Sort; readonly rows: number | undefined },
  page: Page,
): readonly Line[] {
  const shown = rows === undefined ? slivers : slivers.slice(0, Math.max(1, rows - 4));
  const hidden = slivers.length - shown.length;
  const more = hidden === 0 ? '' : `, ${hidden} more below`;
  const head = `${clockText(page.now)}: ${slivers.length} slivers by ${sort}${more}; CPU in percent of one processor`;
  const table = shown.map((one) => [
    one.name,
    cpu(one.cpu_thousandths),
    sizeText(one.memory_kib),
    numberText(one.tasks),
    sizeText(one.disk_kib),
    volumeText(one.read_rate),
    volumeText(one.written_rate),
    rate(one.sent_rate),
  ]);
  if (table.length === 0) return [line(head), line('nothing is counted here')];
  return [line(head), line(''), ...renderTable(COLUMNS, table, page)];
}
