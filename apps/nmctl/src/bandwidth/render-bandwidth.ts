/** The bandwidth tree: what everyone may send, sends now, and has sent. Pure. */
import type { DayTraffic } from '@nodemgr/contracts';
import { rateText } from '@nodemgr/records';
import { bytesText } from '../render/render-amounts.ts';
import { countText } from '../render/render-count.ts';
import { sentTodayText } from '../render/render-day.ts';
import { type Line, line, type Page, span } from '../render/render-line.ts';
import { type Cell, renderTable } from '../render/render-table.ts';
import { momentText } from '../render/render-time.ts';
import type { MeasuredClass, MeasuredSliver, MeasuredTraffic } from './measure-traffic.ts';

const COLUMNS = [
  { title: 'NAME' },
  { title: 'TO' },
  { title: 'MIN', align: 'right' },
  { title: 'MAX', align: 'right' },
  { title: 'SHARE', align: 'right', spare: true },
  { title: 'NOW', align: 'right' },
  { title: 'SENT', align: 'right' },
  { title: 'TODAY', align: 'right' },
  { title: 'DROPPED', align: 'right' },
  { title: 'WAITING', align: 'right', spare: true },
] as const;

const BRANCHES = ['ordinary', 'exempt'] as const;
type Branch = (typeof BRANCHES)[number];
type Pair = Omit<MeasuredSliver, 'name'>;

/** Returns a measured rate: three digits are enough. */
function measuredText(bits: number): string {
  return rateText(Number(bits.toPrecision(3)));
}

/** The node's own leaf has a share of one. */
function shareText(quantum: number, unit: number | undefined): string {
  return unit === undefined ? '' : String(Math.round((quantum / unit) * 100) / 100);
}

function todayCell(today: DayTraffic | undefined): Cell {
  if (today === undefined) return '';
  const text = sentTodayText(today);
  return today.cut === undefined ? text : span(`${text}, cut`, 'warn');
}

interface Row {
  readonly name: Cell;
  readonly to: Branch;
  readonly one: MeasuredClass;
  /** What is sent in a turn for a share of one. */
  readonly unit: number | undefined;
  readonly today: DayTraffic | undefined;
}

function rowOf({ name, to, one, unit, today }: Row) {
  const { rate, ceil, quantum, counters, now } = one;
  const dropped = counters?.dropped ?? 0;
  return [
    name,
    to,
    rateText(rate),
    rateText(ceil),
    shareText(quantum, unit),
    now === undefined ? '' : measuredText(now),
    counters === undefined ? '' : bytesText(counters.sent_bytes),
    todayCell(today),
    dropped === 0 ? '' : span(String(dropped), 'warn'),
    counters === undefined || counters.backlog_bytes === 0 ? '' : bytesText(counters.backlog_bytes),
  ];
}

function rowsOf(name: string, pair: Pair, node: Pair | undefined): readonly (readonly Cell[])[] {
  const present = BRANCHES.flatMap((to) => {
    const one = pair[to];
    return one === undefined ? [] : [{ to, one }];
  });
  return present.map(({ to, one }, at) =>
    rowOf({
      name: at === 0 ? name : '',
      ...{ to, one },
      unit: node?.[to]?.quantum,
      today: pair.today?.[to],
    }),
  );
}

function head({ tree, exempt_networks, seconds, day }: MeasuredTraffic, page: Page): Line {
  if (tree === undefined) return line('bandwidth is not limited: there is no tree on an uplink');
  const parts = [
    `${tree.interface}: link ${rateText(tree.link.ceil)}`,
    `${countText(exempt_networks, 'exempt network')}`,
    ...(seconds > 0 ? [`NOW is over ${seconds.toFixed(1)} s`] : []),
    ...(day === undefined ? [] : [`TODAY ends ${momentText(day.ends * 1000, page)}`]),
  ];
  return line(parts.join(', '));
}

/** renderBandwidth returns the tree: all of the node, the node itself, then sliver by sliver. */
export function renderBandwidth(traffic: MeasuredTraffic, page: Page): readonly Line[] {
  const { tree, slivers } = traffic;
  const total = tree === undefined ? [] : rowsOf('all', tree.branches, undefined);
  const own = tree === undefined ? [] : rowsOf('the node itself', tree.node, tree.node);
  const sorted = [...slivers].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = [...total, ...own, ...sorted.flatMap((one) => rowsOf(one.name, one, tree?.node))];
  if (rows.length === 0) return [head(traffic, page)];
  return [head(traffic, page), line(''), ...renderTable(COLUMNS, rows, page)];
}
