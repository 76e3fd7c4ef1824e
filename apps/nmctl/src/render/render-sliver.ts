/** Everything that is known of one sliver. Pure. */
import type { AccountItem, ObservedAccountView, SliverView } from '@nodemgr/contracts';
import { isSliver, type SliverRecord } from '@nodemgr/records';
import type { DaemonFailure } from '../node-status.ts';
import { intentOf, originOf } from '../sliver-summary.ts';
import { countText } from './render-amount.ts';
import { renderFailures } from './render-failures.ts';
import { type Line, line, type Page, span } from './render-line.ts';
import { renderRspec } from './render-rspec.ts';
import { renderTable } from './render-table.ts';
import { momentText } from './render-time.ts';

/** What the daemons say of one sliver; a part is undefined when its daemon is away. */
export interface SliverPage {
  readonly name: string;
  readonly item: AccountItem | undefined;
  readonly loansOut: SliverView['loans_out'];
  readonly loansIn: SliverView['loans_in'];
  /** 'unknown': the supervisor is away. */
  readonly observed: ObservedAccountView | 'absent' | 'unknown';
  readonly failures: readonly DaemonFailure[];
}

const LABEL_WIDTH = 14;

const entry = (label: string, text: string): Line =>
  line(span(label.padEnd(LABEL_WIDTH), 'strong'), text);

function section(title: string, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : [line(''), line(span(title, 'strong')), ...lines];
}

function keysText(keys: string): string {
  const count = keys.split('\n').filter((key) => key.trim() !== '').length;
  return count === 0 ? 'none' : countText(count, 'key');
}

function scriptText(script: string): string {
  return script === '' ? 'none' : countText(script.trimEnd().split('\n').length, 'line');
}

function delegationsText(delegations: SliverRecord['delegations']): string {
  const byCaller = new Map<string, string[]>();
  for (const [caller, method] of delegations) {
    byCaller.set(caller, [...(byCaller.get(caller) ?? []), method]);
  }
  const each = [...byCaller].map(([caller, methods]) => `${caller} may ${methods.join(', ')}`);
  return each.length === 0 ? 'none' : each.join('; ');
}

const ORIGINS = {
  plc: 'instantiated by PLC',
  created: 'created through the API',
  'not created': 'not instantiated by PLC, and not created yet',
} as const;

function recordLines(item: AccountItem, page: Page): readonly Line[] {
  const { record, source } = item;
  const { expiry } = record;
  const vouched = momentText(record.timestamp * 1000, page);
  return [
    entry('record', `${record.record_key} from ${source}, vouched for ${vouched}`),
    ...(isSliver(record) ? [entry('id', String(record.id))] : []),
    entry('expires', expiry === undefined ? 'never' : momentText(expiry * 1000, page)),
    entry('origin', ORIGINS[originOf(item)]),
    entry('ssh keys', keysText(record.ssh_keys)),
    ...(isSliver(record)
      ? [
          entry('start script', scriptText(record.initscript)),
          entry('delegations', delegationsText(record.delegations)),
        ]
      : []),
    entry('meant to', intentOf(item) === undefined ? 'run' : `not run: ${intentOf(item)}`),
  ];
}

function observedLine(observed: SliverPage['observed']): Line {
  if (typeof observed === 'string') return entry('observed', observed);
  const detail = Object.entries(observed.detail).map(([name, value]) => `${name} ${value}`);
  return entry('observed', [observed.state, ...detail].join(', '));
}

const LOAN_COLUMNS = [
  { title: 'RESOURCE' },
  { title: 'AMOUNT', align: 'right' },
  { title: 'VERDICT' },
] as const;

function loanLines(
  who: string,
  loans: readonly (SliverView['loans_out'][number] & { readonly who: string })[],
  page: Page,
): readonly Line[] {
  const rows = loans.map(({ who: other, loan: [, resource, amount], verdict }) => [
    other,
    resource,
    String(amount),
    verdict === 'counts' ? span(verdict, 'good') : span(`ignored: ${verdict}`, 'warn'),
  ]);
  return renderTable([{ title: who }, ...LOAN_COLUMNS], rows, page, '  ');
}

/** renderSliver returns the page of one sliver; what is not known is left out or called unknown. */
export function renderSliver(sliver: SliverPage, page: Page): readonly Line[] {
  const { name, item, observed, failures } = sliver;
  const out = sliver.loansOut.map((loan) => ({ ...loan, who: loan.loan[0] }));
  const borrowed = sliver.loansIn.map((loan) => ({ ...loan, who: loan.lender }));
  return [
    line(span(name, 'strong')),
    line(''),
    ...(item === undefined ? [entry('record', 'unknown')] : recordLines(item, page)),
    observedLine(observed),
    ...section('resources', item === undefined ? [] : renderRspec(item, page, '  ')),
    ...section('loans out', loanLines('RECIPIENT', out, page)),
    ...section('loans in', loanLines('LENDER', borrowed, page)),
    ...section('failing', renderFailures(failures, page, '  ')),
  ];
}
