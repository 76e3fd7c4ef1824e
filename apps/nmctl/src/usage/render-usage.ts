/** The history of use as a table. Pure. */
import type { UseRow, UseStep } from '@nodemgr/contracts';
import { cpuText, numberText, sentOf, sizeText, volumeText } from '../render/render-amounts.ts';
import { type Line, line, type Page } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';
import { clockText, momentText } from '../render/render-time.ts';

const AMOUNTS = [
  { title: 'CPU', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'TASKS', align: 'right' },
  { title: 'DISK', align: 'right' },
  { title: 'FILES', align: 'right', spare: true },
  { title: 'READ', align: 'right' },
  { title: 'WRITTEN', align: 'right' },
  { title: 'SENT', align: 'right' },
] as const;

export interface Usage {
  readonly rows: readonly UseRow[];
  readonly step: UseStep;
  /** The sliver whose periods the rows are; undefined: a row is the sum of a sliver. */
  readonly name: string | undefined;
  /** Milliseconds since 1970. */
  readonly since: number;
}

function cells({ amounts, seconds }: UseRow): readonly string[] {
  return [
    cpuText(amounts.cpu_ms, seconds),
    sizeText(amounts.memory_kib),
    numberText(amounts.tasks),
    sizeText(amounts.disk_kib),
    numberText(amounts.files),
    volumeText(amounts.read_bytes),
    volumeText(amounts.written_bytes),
    volumeText(sentOf(amounts)),
  ];
}

/** renderUsage returns the table under what its amounts mean. */
export function renderUsage({ rows, step, name, since }: Usage, page: Page): readonly Line[] {
  const of = name ?? 'each sliver';
  const from = momentText(since, page);
  if (rows.length === 0)
    return [line(`nothing was counted of ${name ?? 'any sliver'} since ${from}`)];
  const how = name === undefined ? 'sums' : `by ${step}`;
  const head = line(
    `use of ${of} since ${from}, ${how}: CPU in percent of one processor; the most of memory, tasks and disk`,
  );
  const first = { title: name === undefined ? 'NAME' : step === 'hour' ? 'HOUR' : 'MINUTE' };
  const table = rows.map((row) => [
    name === undefined ? row.name : clockText(row.at * 1000),
    ...cells(row),
  ]);
  return [head, line(''), ...renderTable([first, ...AMOUNTS], table, page)];
}
