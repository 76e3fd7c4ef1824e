/** The table of the five daemons. Pure. */
import { DAEMONS, type DaemonName } from '@nodemgr/contracts';
import { type Answer, answerState } from '../ask/answer.ts';
import type { NodeStatus } from '../ask/node-status.ts';
import { countText } from '../render/render-count.ts';
import { type Line, type Page, type Span, span } from '../render/render-line.ts';
import { type Cell, renderTable } from '../render/render-table.ts';
import { momentText } from '../render/render-time.ts';

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

/** What each daemon has to say of itself in a few words; empty when it does not answer. */
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

/** renderProcesses returns one row for each daemon, whether it answers or not. */
export function renderProcesses(status: NodeStatus, page: Page): readonly Line[] {
  const rows = DAEMONS.map((name) => processRow(name, status, page));
  return renderTable(COLUMNS, rows, page);
}
