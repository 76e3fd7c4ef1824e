/** The page that `nmctl status` shows. Pure; what is wrong is decided in node-status.ts. */
import {
  DAEMONS,
  type DaemonName,
  type DbStatus,
  type FetcherStatus,
  type PollEnd,
} from '@nodemgr/contracts';
import { type Answer, answerState, heard } from '../ask/answer.ts';
import { failuresOf, type NodeStatus, sourceTroublesOf, troublesOf } from '../ask/node-status.ts';
import { foldLine } from '../render/fold-line.ts';
import { countText } from '../render/render-count.ts';
import { renderEntry } from '../render/render-entry.ts';
import { renderFailures } from '../render/render-failures.ts';
import { renderGuard } from '../render/render-guard.ts';
import { type Line, line, type Page, type Span, span } from '../render/render-line.ts';
import { renderHeldBack, renderSigned } from '../render/render-signed.ts';
import { type Cell, renderTable } from '../render/render-table.ts';
import { distanceText, momentText } from '../render/render-time.ts';

const COLUMNS = [
  { title: 'PROCESS' },
  { title: 'STATE' },
  { title: 'PID', align: 'right' },
  { title: 'SINCE' },
  { title: 'DETAIL' },
] as const;

interface Feed {
  readonly state: string;
  readonly revision?: number | undefined;
}

const feedText = ({ state, revision }: Feed): string =>
  revision === undefined ? `feed ${state}` : `feed ${state} at revision ${revision}`;

/** Returns what is special to each daemon in a few words; empty when it does not answer. */
function detailOf(name: DaemonName, status: NodeStatus): string {
  const fetcher = status['plc-fetcher'];
  const db = status['db-service'];
  const gateway = status['api-gateway'];
  if (name === 'plc-fetcher') return fetcher.answered ? fetcher.value.detail.url : '';
  if (name === 'db-service') return db.answered ? `revision ${db.value.detail.revision}` : '';
  if (name === 'api-gateway') {
    if (!gateway.answered) return '';
    const { tcp, calls, faults, connections, feed } = gateway.value.detail;
    const numbers = `${countText(calls, 'call')}, ${countText(faults, 'fault')}, ${countText(connections, 'connection')}`;
    return `${tcp === undefined ? '' : `${tcp}, `}${numbers}, ${feedText(feed)}`;
  }
  return agentText(name, status);
}

function agentText(name: 'account-supervisor' | 'bwcap-agent', status: NodeStatus): string {
  const agent = status[name];
  if (!agent.answered) return '';
  const { driver, feed, converged_revision } = agent.value.detail;
  const behind = feed.revision !== undefined && converged_revision !== feed.revision;
  const reached = converged_revision === undefined ? 'nothing' : `revision ${converged_revision}`;
  return `${driver}, ${feedText(feed)}${behind ? `, has carried out ${reached}` : ''}`;
}

function stateOf(answer: Answer<unknown>): Span {
  const state = answerState(answer);
  return span(state, answer.answered ? 'good' : 'bad');
}

function processRow(name: DaemonName, status: NodeStatus, page: Page): readonly Cell[] {
  const answer = status[name];
  if (!answer.answered) return [name, stateOf(answer), '', '', answer.reason];
  const { pid, started_at } = answer.value;
  const since = momentText(started_at, page);
  return [name, stateOf(answer), String(pid), since, detailOf(name, status)];
}

/** Returns one row for each daemon, whether it answers or not. */
function renderProcesses(status: NodeStatus, page: Page): readonly Line[] {
  const rows = DAEMONS.map((name) => processRow(name, status, page));
  return renderTable(COLUMNS, rows, page);
}

/** More troubles than this are counted in the last line, not listed. */
const MAX_TROUBLES = 5;
const BLANK = line('');
const UNKNOWN = span('unknown', 'dim');

function pollText({ outcome, reason }: PollEnd): string {
  if (outcome === 'refused') return ` brought a document that is refused: ${reason}`;
  if (outcome === 'failed') return ` failed: ${reason}`;
  if (outcome === 'malformed') return ` brought a document that is malformed: ${reason}`;
  return `: ${outcome}`;
}

function pollLines({ detail }: FetcherStatus, { now }: Page): readonly Line[] {
  const { next_attempt, last_poll, last_attempt } = detail;
  const last =
    last_attempt === undefined
      ? []
      : [
          line(
            `last poll ${distanceText(last_attempt, now)}${last_poll === undefined ? ': unfinished' : pollText(last_poll)}`,
          ),
        ];
  if (next_attempt === undefined) return last;
  const isDue = next_attempt - now < 1000;
  return [
    ...last,
    line(isDue ? 'next poll is due' : `next poll ${distanceText(next_attempt, now)}`),
  ];
}

/** The document that plc-fetcher has; db-service reports whether it was accepted. */
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
  const { document, held_back } = fetcher.detail;
  const signed = document?.signed;
  const polls = [
    ...(signed === undefined ? [] : [renderSigned(signed, page)]),
    ...(held_back === undefined ? [] : renderHeldBack(held_back, signed, page)),
    ...pollLines(fetcher, page),
  ];
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
