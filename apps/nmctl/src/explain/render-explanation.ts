/** The page of `nmctl explain`: why a sliver has what it has, and what the kernel makes of it. Pure. */
import type { NodeEvent } from '@nodemgr/contracts';
import { amountText } from '@nodemgr/records';
import { leaseTextOf, restTextOf } from '../ask/sliver-summary.ts';
import { entriesOn, recordText, section } from '../render/render-account.ts';
import { authorText, whatSpan } from '../render/render-events.ts';
import { renderFailures } from '../render/render-failures.ts';
import { type Line, line, type Page, span, type Tone } from '../render/render-line.ts';
import { renderLoans } from '../render/render-loans.ts';
import { type Cell, renderTable } from '../render/render-table.ts';
import { clockText } from '../render/render-time.ts';
import type { Agreement, ComparedReading } from './compare-readings.ts';
import type { Enforcement, Explanation, ResourceAccount } from './explanation.ts';

const INDENT = '  ';

const RESOURCE_COLUMNS = [
  { title: 'RESOURCE' },
  { title: 'OWN', align: 'right' },
  { title: 'LENT', align: 'right' },
  { title: 'BORROWED', align: 'right' },
  { title: 'EFFECTIVE', align: 'right' },
  { title: 'READS AS', spare: true },
  { title: 'FROM' },
] as const;

const fromText = ({ isDefault, times }: ResourceAccount): string =>
  `${isDefault ? 'default' : 'record'}${times === 1 ? '' : `, ${times} times by its lease`}`;

function resourceRow(each: ResourceAccount): readonly Cell[] {
  const { resource, own, lent, borrowed, effective } = each;
  const tone: Tone = each.isDefault ? 'dim' : 'plain';
  const text = amountText(resource, effective);
  return [
    span(resource, tone),
    span(String(own), tone),
    lent === 0 ? '' : `−${lent}`,
    borrowed === 0 ? '' : `+${borrowed}`,
    span(String(effective), effective === own ? tone : 'strong'),
    text === String(effective) ? '' : text,
    span(fromText(each), 'dim'),
  ];
}

const READING_COLUMNS = [
  { title: 'RESOURCE' },
  { title: 'WHERE' },
  { title: 'WANTED', align: 'right' },
  { title: 'ENFORCED', align: 'right' },
  { title: 'USED', align: 'right' },
  { title: '' },
  { title: 'HOW' },
] as const;

const MARKS: Readonly<Record<Agreement, readonly [text: string, tone: Tone]>> = {
  'as wanted': ['', 'plain'],
  differs: ['differs', 'bad'],
  missing: ['not in force', 'bad'],
  unasked: ['not asked for', 'warn'],
};

function readingRow(reading: ComparedReading): readonly Cell[] {
  const { resource, from, wanted = '', enforced = '', used = '', how = '' } = reading;
  const [mark, tone] = MARKS[reading.agreement];
  return [resource, from, wanted, span(enforced, tone), used, span(mark, tone), span(how, 'dim')];
}

const DECISION_COLUMNS = [
  { title: 'SINCE' },
  { title: 'REVISION', align: 'right' },
  { title: 'BY' },
  { title: 'WHY' },
  { title: 'LIMITS' },
] as const;

/** Limits that were set by the same decision share a row; the oldest comes first. */
function decisionLines({ agent, readings, undecided }: Enforcement, page: Page): readonly Line[] {
  const title = `decided by ${agent}`;
  if (undecided !== undefined) return section(title, [line(`${INDENT}unknown: ${undecided}`)]);
  const decisions = new Map<string, readonly ComparedReading[]>();
  for (const reading of readings) {
    if (reading.since === undefined) continue;
    const key = JSON.stringify(reading.since);
    decisions.set(key, [...(decisions.get(key) ?? []), reading]);
  }
  const rows = [...decisions.values()]
    .flatMap((of) => {
      const since = of[0]?.since;
      const names = [...new Set(of.map(({ resource }) => resource))];
      return since === undefined ? [] : [{ since, names }];
    })
    .sort((one, other) => one.since.at - other.since.at)
    .map(({ since: { at, revision, by, why }, names }) => [
      span(clockText(at), 'dim'),
      revision === undefined ? '' : String(revision),
      authorText(by),
      why,
      names.join(', '),
    ]);
  return section(title, renderTable(DECISION_COLUMNS, rows, page, INDENT));
}

function enforcementLines(enforcement: Enforcement, page: Page): readonly Line[] {
  const { agent, driver, readings } = enforcement;
  const whose = driver === 'dry-run' ? 'pretended, the driver is dry-run' : 'read back now';
  const title = `in the kernel, by ${agent} (${whose})`;
  const rows = readings.map(readingRow);
  const lines =
    rows.length === 0
      ? [line(`${INDENT}nothing`)]
      : renderTable(READING_COLUMNS, rows, page, INDENT);
  return [...section(title, lines), ...decisionLines(enforcement, page)];
}

function latelyLines(events: readonly NodeEvent[], page: Page): readonly Line[] {
  const columns = [{ title: '' }, { title: '' }, { title: '' }, { title: '' }];
  const rows = events.map(({ at, what, why, by }) => [
    span(clockText(at), 'dim'),
    whatSpan(what),
    authorText(by),
    why,
  ]);
  return renderTable(columns, rows, page, INDENT);
}

/** renderExplanation returns the page of one sliver; a part whose daemon does not answer is left out. */
export function renderExplanation(explanation: Explanation, page: Page): readonly Line[] {
  const { name, item, resources, loans_out, loans_in, enforced } = explanation;
  const entry = entriesOn(page);
  const out = loans_out.map((loan) => ({ ...loan, who: loan.loan[0] }));
  const borrowed = loans_in.map((loan) => ({ ...loan, who: loan.lender }));
  const intent = item && restTextOf(item);
  const lease = item && leaseTextOf(item, page);
  return [
    line(span(name, 'strong')),
    line(''),
    ...entry('record', item === undefined ? 'unknown' : recordText(item, page)),
    ...(item === undefined
      ? []
      : entry('meant to', intent === undefined ? 'run' : `not run: ${intent}`)),
    ...(lease === undefined ? [] : entry('lease', lease)),
    ...section(
      'resources',
      renderTable(RESOURCE_COLUMNS, resources.map(resourceRow), page, INDENT),
    ),
    ...section('loans out', renderLoans('RECIPIENT', out, page, INDENT)),
    ...section('loans in', renderLoans('LENDER', borrowed, page, INDENT)),
    ...enforced.flatMap((each) => enforcementLines(each, page)),
    ...section('failing', renderFailures(explanation.failures, page, INDENT)),
    ...section('lately', latelyLines(explanation.lately, page)),
  ];
}
