/** Renders everything that is known of one sliver. Pure. */
import type { AccountItem, SliverTraffic, SliverView } from '@nodemgr/contracts';
import { amountText, intentOf, isSliver, resourceOf, SYSTEM_MARK } from '@nodemgr/records';
import type { DaemonFailure } from '../ask/node-status.ts';
import { leaseTextOf, orderedResources, raisedTimes, restTextOf } from '../ask/sliver-summary.ts';
import { foldLine } from '../render/fold-line.ts';
import {
  delegationsText,
  entriesOn,
  keysOf,
  type Observed,
  observedText,
  recordText,
  scriptText,
  section,
} from '../render/render-account.ts';
import { countText } from '../render/render-count.ts';
import { todayText } from '../render/render-day.ts';
import { renderFailures } from '../render/render-failures.ts';
import { type Line, line, type Page, span, type Tone } from '../render/render-line.ts';
import { renderLoans } from '../render/render-loans.ts';
import { type Cell, renderTable } from '../render/render-table.ts';
import { momentText } from '../render/render-time.ts';

const RSPEC_COLUMNS = [
  { title: 'RESOURCE' },
  { title: 'RSPEC', align: 'right' },
  { title: 'EFFECTIVE', align: 'right' },
  { title: 'UNIT', spare: true },
  { title: 'READS AS' },
  { title: 'NOTE' },
] as const;

function rspecNote(change: number, isDefault: boolean, known: boolean, times: number): string {
  return [
    ...(isDefault ? ['default'] : []),
    ...(known ? [] : ['not ours, carried through']),
    ...(change > 0 ? [`+${change} by loans`] : []),
    ...(change < 0 ? [`${change} by loans`] : []),
    ...(times === 1 ? [] : [`${times} times by its lease`]),
  ].join(', ');
}

/** Returns what 0 of a resource does to the sliver: a sliver that runs and can do nothing looks well otherwise. */
const zeroNote = (name: string, effective: number): string | undefined =>
  effective === 0 ? resourceOf(name)?.atZero : undefined;

function rspecRow(item: AccountItem, name: string): readonly Cell[] {
  const own = item.rspec[name] ?? 0;
  const effective = item.effective[name] ?? own;
  const times = raisedTimes(item, name);
  const isDefault = isSliver(item.record) && !Object.hasOwn(item.record.rspec, name);
  const unit = resourceOf(name)?.unit ?? '';
  const text = amountText(name, effective);
  const atZero = zeroNote(name, effective);
  const known = unit !== '' || name === SYSTEM_MARK;
  const note = rspecNote(effective / times - own, isDefault, known, times);
  const tone: Tone = isDefault ? 'dim' : 'plain';
  return [
    span(name, tone),
    span(String(own), tone),
    span(String(effective), effective === own ? tone : 'strong'),
    unit,
    text === String(effective) ? '' : text,
    atZero === undefined
      ? span(note, 'dim')
      : span([atZero, ...(note === '' ? [] : [note])].join('; '), 'warn'),
  ];
}

/** Returns one row for each resource that the sliver has, defaults included. */
function renderRspec(item: AccountItem, page: Page, indent = ''): readonly Line[] {
  const rows = orderedResources(item).map((name) => rspecRow(item, name));
  return renderTable(RSPEC_COLUMNS, rows, page, indent);
}

/** Everything that the daemons report about one sliver; a part is undefined when its daemon is away. */
export interface SliverPage {
  readonly name: string;
  readonly item: AccountItem | undefined;
  readonly loansOut: SliverView['loans_out'];
  readonly loansIn: SliverView['loans_in'];
  readonly observed: Observed;
  /** What it has sent since the day began; undefined where nothing is counted. */
  readonly today?: SliverTraffic['today'];
  readonly failures: readonly DaemonFailure[];
  readonly remarks: SliverView['remarks'];
}

const ORIGINS = {
  plc: 'instantiated by PLC',
  created: 'created through the API',
  'not created': 'not instantiated by PLC, and not created yet',
} as const;

const entriesOf = (
  entry: ReturnType<typeof entriesOn>,
  label: string,
  text: string | undefined,
): readonly Line[] => (text === undefined ? [] : entry(label, text));

function recordLines(item: AccountItem, page: Page): readonly Line[] {
  const { record } = item;
  const { expiry } = record;
  const entry = entriesOn(page);
  const keys = keysOf(record.ssh_keys).length;
  return [
    ...entry('record', recordText(item, page)),
    ...(isSliver(record) ? entry('id', String(record.id)) : []),
    ...entry('expires', expiry === undefined ? 'never' : momentText(expiry * 1000, page)),
    ...entry('origin', ORIGINS[intentOf(item).origin]),
    ...entry('ssh keys', keys === 0 ? 'none' : countText(keys, 'key')),
    ...(isSliver(record)
      ? [
          ...entry('image', record.image),
          ...entry('start script', scriptText(record.initscript)),
          ...entry('delegations', delegationsText(record.delegations)),
        ]
      : []),
    ...entriesOf(entry, 'lease', leaseTextOf(item, page)),
    ...entry('meant to', restTextOf(item) === undefined ? 'run' : `not run: ${restTextOf(item)}`),
  ];
}

/** Remarks on what does not count as it was written, troubles before notes. */
function remarkLines(remarks: SliverPage['remarks'], page: Page): readonly Line[] {
  const told = (severity: SliverPage['remarks'][number]['severity'], tone: Tone) =>
    remarks
      .filter((remark) => remark.severity === severity)
      .flatMap(({ source, text }) => foldLine(line(span(`  ${source}: ${text}`, tone)), page, 4));
  return [
    ...section('left out, ignored or cut', told('trouble', 'bad')),
    ...section('without meaning on this node', told('note', 'dim')),
  ];
}

/** renderSliver returns the page of one sliver; what is not known is left out or called unknown. */
export function renderSliver(sliver: SliverPage, page: Page): readonly Line[] {
  const { name, item, observed, failures } = sliver;
  const out = sliver.loansOut.map((loan) => ({ ...loan, who: loan.loan[0] }));
  const borrowed = sliver.loansIn.map((loan) => ({ ...loan, who: loan.lender }));
  return [
    line(span(name, 'strong')),
    line(''),
    ...(item === undefined
      ? entriesOn(page)('record', sliver.remarks.length > 0 ? 'none' : 'unknown')
      : recordLines(item, page)),
    ...entriesOn(page)('observed', observedText(observed)),
    ...entriesOf(entriesOn(page), 'sent today', todayText(sliver.today)),
    ...section('resources', item === undefined ? [] : renderRspec(item, page, '  ')),
    ...section('loans out', renderLoans('RECIPIENT', out, page, '  ')),
    ...section('loans in', renderLoans('LENDER', borrowed, page, '  ')),
    ...section('failing', renderFailures(failures, page, '  ')),
    ...remarkLines(sliver.remarks, page),
  ];
}
