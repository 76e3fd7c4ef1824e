/** Renders the table of slivers. Pure. */
import type { AccountItem } from '@nodemgr/contracts';
import { amountText, intentOf, type ResourceName } from '@nodemgr/records';
import { leaseTextOf, restTextOf, type SliverSummary } from '../ask/sliver-summary.ts';
import { countText } from '../render/render-count.ts';
import { retryText } from '../render/render-failures.ts';
import { type Line, line, type Page, type Span, span, type Tone } from '../render/render-line.ts';
import { type Cell, renderTable } from '../render/render-table.ts';
import { distanceText } from '../render/render-time.ts';

const COLUMNS = [
  { title: 'NAME' },
  { title: 'STATE' },
  { title: 'ORIGIN', spare: true },
  { title: 'EXPIRES' },
  { title: 'CPU', align: 'right' },
  { title: 'CPU MIN', align: 'right' },
  { title: 'DISK', align: 'right' },
  { title: 'NET MAX', align: 'right' },
  { title: 'NOTE' },
] as const;

const LOAN_MARK = '*';

const STATE_TONES: Readonly<Record<string, Tone>> = {
  running: 'good',
  foreign: 'bad',
  absent: 'warn',
  kept: 'dim',
  unknown: 'dim',
};

function amountCell({ rspec, effective }: AccountItem, resource: ResourceName): string {
  const value = effective[resource];
  if (value === undefined) return '';
  // Before the number: these columns are aligned at their right.
  return `${value === rspec[resource] ? '' : LOAN_MARK}${amountText(resource, value)}`;
}

function noteOf({ item, state, failures, lacks }: SliverSummary, page: Page): Span {
  const [failure] = failures;
  if (failure !== undefined) {
    const { action, reason, retry_at } = failure;
    return span(`${action} fails (again ${retryText(retry_at, page.now)}): ${reason}`, 'bad');
  }
  if (item === undefined) {
    const isKept = state === 'kept' && lacks === 'no record';
    return span(isKept ? 'removed; its files are kept' : (lacks ?? ''), 'warn');
  }
  return span(restTextOf(item) ?? leaseTextOf(item, page) ?? '', 'dim');
}

function expiryText(item: AccountItem, page: Page): string {
  const { expiry } = item.record;
  return expiry === undefined ? 'never' : distanceText(expiry * 1000, page.now);
}

function rowOf(summary: SliverSummary, page: Page): readonly Cell[] {
  const { name, state, item } = summary;
  const known: readonly Cell[] =
    item === undefined
      ? ['', '', '', '', '', '']
      : [
          intentOf(item).origin,
          expiryText(item, page),
          amountCell(item, 'nm_cpu_share'),
          amountCell(item, 'nm_cpu_guaranteed_share'),
          amountCell(item, 'nm_disk_quota'),
          amountCell(item, 'nm_net_max_rate'),
        ];
  return [name, span(state, STATE_TONES[state] ?? 'plain'), ...known, noteOf(summary, page)];
}

function footer(slivers: readonly SliverSummary[], marked: boolean): Line {
  const failing = slivers.filter(({ failures }) => failures.length > 0).length;
  const parts = [
    countText(slivers.length, 'sliver'),
    ...(failing > 0 ? [`${failing} failing`] : []),
    ...(marked ? [`${LOAN_MARK} changed by loans or a lease`] : []),
  ];
  return line(span(parts.join(', '), 'dim'));
}

/** renderSlivers returns one row for each sliver. Amounts are effective ones, after loans. */
export function renderSlivers(slivers: readonly SliverSummary[], page: Page): readonly Line[] {
  if (slivers.length === 0) return [line('no slivers')];
  const rows = slivers.map((summary) => rowOf(summary, page));
  const marked = rows.some((row) =>
    row.slice(4, 8).some((cell) => typeof cell === 'string' && cell.startsWith(LOAN_MARK)),
  );
  return [...renderTable(COLUMNS, rows, page), line(''), footer(slivers, marked)];
}
