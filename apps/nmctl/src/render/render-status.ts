/** The page that `nmctl status` shows. Pure; what is wrong is decided in node-status.ts. */
import type { DbStatus, FetcherStatus } from '@nodemgr/contracts';
import { heard } from '../answer.ts';
import { failuresOf, type NodeStatus, troublesOf } from '../node-status.ts';
import { countText } from './render-amount.ts';
import { renderFailures } from './render-failures.ts';
import { renderGuard } from './render-guard.ts';
import { type Line, line, type Page, type Span, span } from './render-line.ts';
import { renderProcesses } from './render-processes.ts';
import { distanceText, momentText } from './render-time.ts';

const LABEL_WIDTH = 14;
/** More troubles than this are counted in the last line, not listed. */
const MAX_TROUBLES = 5;
const BLANK = line('');
const UNKNOWN = span('unknown', 'dim');

/** A labelled entry: its first line beside the label, further ones below it. */
function entry(label: string, ...lines: readonly Line[]): readonly Line[] {
  const margin = ' '.repeat(LABEL_WIDTH);
  return lines.map((one, at) =>
    line(at === 0 ? span(label.padEnd(LABEL_WIDTH), 'strong') : margin, ...one),
  );
}

function updateLines({ detail }: FetcherStatus, page: Page): readonly Line[] {
  const { document, next_attempt, last_outcome, last_attempt } = detail;
  const fetched =
    document === undefined
      ? line(span('none yet', 'warn'), ` from ${detail.url}`)
      : line(
          `${momentText(document.fetched_at, page)} from ${detail.url}: ${document.ours} of ${countText(document.slices, 'slice')} are ours`,
        );
  const last =
    last_attempt === undefined
      ? []
      : [
          line(
            `last poll ${distanceText(last_attempt, page.now)}: ${last_outcome ?? 'unfinished'}`,
          ),
        ];
  const next =
    next_attempt === undefined ? [] : [line(`next poll ${distanceText(next_attempt, page.now)}`)];
  return [fetched, ...last, ...next];
}

function clockSpans(clock: DbStatus['detail']['clock']): readonly Span[] {
  if (clock.trusted) return [span('trusted', 'good')];
  return [span('not trusted', 'warn'), span(`: ${clock.reason ?? ''}; nothing expires meanwhile`)];
}

function countsLine(status: NodeStatus): Line {
  const records = heard(status['db-service'])?.detail.records;
  const accounts = heard(status['account-supervisor'])?.detail.accounts;
  const desired =
    records === undefined
      ? []
      : [
          `${countText(records.slivers, 'sliver')} and ${countText(records.delegates, 'delegate')} have a record`,
          ...(records.removed > 0
            ? [`${countText(records.removed, 'account')} being removed`]
            : []),
        ];
  const observed =
    accounts === undefined
      ? []
      : [
          `${countText(accounts.desired, 'account')} desired`,
          `${accounts.running} running`,
          `${accounts.stopped} stopped`,
          ...(accounts.busy > 0 ? [`${accounts.busy} being worked on`] : []),
        ];
  const known = [...desired, ...observed].join(', ');
  return known === '' ? line(UNKNOWN) : line(known);
}

function databaseLines({ detail }: DbStatus, page: Page): readonly Line[] {
  const { salvage } = detail;
  if (salvage === undefined) return [];
  const text = `set aside as damaged ${momentText(salvage.at, page)}: ${salvage.reason}; kept as ${salvage.set_aside}`;
  return entry('database', line(span(text, 'warn')));
}

function leftOutLines(status: NodeStatus): readonly Line[] {
  const problems = heard(status['plc-fetcher'])?.detail.problems ?? [];
  const ignored = heard(status['db-service'])?.detail.ignored ?? [];
  const lines = [...problems, ...ignored.map(({ record_key, why }) => `${record_key}: ${why}`)];
  if (lines.length === 0) return [];
  const told = lines.map((text) => line(span(`  ${text}`, 'warn')));
  return [BLANK, line(span('left out of the last update', 'strong')), ...told];
}

function failingLines(status: NodeStatus, page: Page): readonly Line[] {
  const table = renderFailures(failuresOf(status), page, '  ');
  return table.length === 0 ? [] : [BLANK, line(span('failing', 'strong')), ...table];
}

function verdict(status: NodeStatus): Line {
  const troubles = troublesOf(status);
  if (troubles.length === 0) return line(span('all is well', 'good'));
  const more = troubles.length - MAX_TROUBLES;
  const told = troubles.slice(0, MAX_TROUBLES).join('; ') + (more > 0 ? `; and ${more} more` : '');
  return line(span(countText(troubles.length, 'trouble'), 'bad'), `: ${told}`);
}

/** renderStatus shows the whole node: what is known is shown, what is not is called unknown. */
export function renderStatus(status: NodeStatus, page: Page): readonly Line[] {
  const fetcher = heard(status['plc-fetcher']);
  const db = heard(status['db-service']);
  return [
    ...renderProcesses(status, page),
    BLANK,
    ...entry('last update', ...(fetcher ? updateLines(fetcher, page) : [line(UNKNOWN)])),
    ...entry('guard', ...(db ? renderGuard(db.detail.guard, page) : [line(UNKNOWN)])),
    ...entry('clock', db ? clockSpans(db.detail.clock) : line(UNKNOWN)),
    ...entry('accounts', countsLine(status)),
    ...(db ? databaseLines(db, page) : []),
    ...leftOutLines(status),
    ...failingLines(status, page),
    BLANK,
    verdict(status),
  ];
}
