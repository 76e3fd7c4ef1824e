/** The page that `nmctl status` shows. Pure; what is wrong is decided in node-status.ts. */
import type { DbStatus, FetcherStatus } from '@nodemgr/contracts';
import { heard } from '../ask/answer.ts';
import { failuresOf, type NodeStatus, sourceTroublesOf, troublesOf } from '../ask/node-status.ts';
import { foldLine } from '../render/fold-line.ts';
import { countText } from '../render/render-count.ts';
import { renderEntry } from '../render/render-entry.ts';
import { renderFailures } from '../render/render-failures.ts';
import { renderGuard } from '../render/render-guard.ts';
import { type Line, line, type Page, type Span, span } from '../render/render-line.ts';
import { distanceText, momentText } from '../render/render-time.ts';
import { renderProcesses } from './render-processes.ts';

/** More troubles than this are counted in the last line, not listed. */
const MAX_TROUBLES = 5;
const BLANK = line('');
const UNKNOWN = span('unknown', 'dim');

/** How the last poll ended; the fetcher's own words begin with what went wrong. */
function pollText(outcome = 'unfinished'): string {
  const [, kind, reason] = /^(failed|malformed): (.*)$/s.exec(outcome) ?? [];
  if (kind === 'failed') return ` failed: ${reason}`;
  return kind === undefined ? `: ${outcome}` : ` brought a document that is malformed: ${reason}`;
}

function pollLines({ detail }: FetcherStatus, { now }: Page): readonly Line[] {
  const { next_attempt, last_outcome, last_attempt } = detail;
  const last =
    last_attempt === undefined
      ? []
      : [line(`last poll ${distanceText(last_attempt, now)}${pollText(last_outcome)}`)];
  if (next_attempt === undefined) return last;
  const isDue = next_attempt - now < 1000;
  return [
    ...last,
    line(isDue ? 'next poll is due' : `next poll ${distanceText(next_attempt, now)}`),
  ];
}

/** The document that the fetcher has; that it was accepted is for db-service to say. */
function documentText({ detail }: FetcherStatus, page: Page): string | undefined {
  const { document, url } = detail;
  if (document === undefined) return undefined;
  const { fetched_at, ours, slices } = document;
  const share = `${ours} of ${countText(slices, 'slice')} are ours`;
  return `${momentText(fetched_at, page)} from ${url}: ${share}`;
}

function acceptedText(db: DbStatus, page: Page): string {
  const accepted = db.detail.sources['plc'];
  return accepted === undefined
    ? 'none accepted yet'
    : `accepted ${momentText(accepted.timestamp * 1000, page)}`;
}

function updateLines(
  fetcher: FetcherStatus,
  db: DbStatus | undefined,
  page: Page,
): readonly Line[] {
  const text = documentText(fetcher, page);
  const polls = pollLines(fetcher, page);
  if (text === undefined) {
    return [line(span('none yet', 'warn'), ` from ${fetcher.detail.url}`), ...polls];
  }
  const isHeld = db?.detail.guard.some(({ source }) => source === 'plc') ?? false;
  if (db === undefined || !isHeld) return [line(text), ...polls];
  return [
    line(acceptedText(db, page)),
    line(span('held back by the guard', 'bad'), `: that of ${text}`),
    ...polls,
  ];
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
  if (known === '') return line(UNKNOWN);
  const removed = records?.removed ?? 0;
  return line(known, removed > 0 ? `; ${removed} removed, files kept` : '');
}

function databaseLines({ detail }: DbStatus, page: Page): readonly Line[] {
  const { salvage } = detail;
  if (salvage === undefined) return [];
  const text = `set aside as damaged ${momentText(salvage.at, page)}: ${salvage.reason}; kept as ${salvage.set_aside}`;
  return renderEntry('database', [line(span(text, 'bad'))], page);
}

function leftOutLines(status: NodeStatus, page: Page): readonly Line[] {
  const lines = sourceTroublesOf(status);
  if (lines.length === 0) return [];
  const told = lines.flatMap((text) => foldLine(line(span(`  ${text}`, 'bad')), page, 4));
  return [BLANK, line(span('left out, ignored or cut', 'strong')), ...told];
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
  const entry = (label: string, lines: readonly Line[] = [line(UNKNOWN)]) =>
    renderEntry(label, lines, page);
  return [
    ...renderProcesses(status, page),
    BLANK,
    ...entry('last update', fetcher && updateLines(fetcher, db, page)),
    ...entry('guard', db && renderGuard(db.detail.guard, page)),
    ...entry('clock', db && [clockSpans(db.detail.clock)]),
    ...entry('accounts', [countsLine(status)]),
    ...(db ? databaseLines(db, page) : []),
    ...leftOutLines(status, page),
    ...failingLines(status, page),
    BLANK,
    ...foldLine(verdict(status), page, 2),
  ];
}
