/** Renders a history for people, one line an event. Pure. */
import type { EventAuthor, EventKind, EventsAnswer, NodeEvent } from '@nodemgr/contracts';
import { countText } from './render-count.ts';
import { type Line, line, type Page, type Span, span, type Tone } from './render-line.ts';
import { type Cell, renderTable } from './render-table.ts';
import { clockText } from './render-time.ts';

const COLUMNS = [
  { title: 'TIME' },
  { title: 'ACCOUNT' },
  { title: 'WHAT' },
  { title: 'BY' },
  { title: 'WHY' },
] as const;

const TONES: Partial<Record<EventKind, Tone>> = {
  failed: 'bad',
  'oom-kill': 'bad',
  'tasks-limit': 'bad',
  'sliver-died': 'bad',
  'update-held': 'bad',
  'rate-cut': 'warn',
  trouble: 'bad',
  'trouble-over': 'good',
  'works-again': 'good',
};

/** authorText names the author of an event: 'plc', 'api-caller root'. */
export function authorText({ kind, name }: EventAuthor): string {
  return name === undefined ? kind : `${kind} ${name}`;
}

export function whatSpan(what: EventKind): Span {
  return span(what, TONES[what] ?? 'plain');
}

export interface EventsPage extends EventsAnswer {
  /** The account that they are all of; undefined: of all accounts. */
  readonly name: string | undefined;
}

/** renderEvents returns a line for each event and, where older ones are left out, that they are. */
export function renderEvents({ name, events, more }: EventsPage, page: Page): readonly Line[] {
  if (events.length === 0) return [line('no events')];
  const row = ({ at, account, what, why, by }: NodeEvent): readonly Cell[] => [
    span(clockText(at), 'dim'),
    name === undefined ? account : '',
    whatSpan(what),
    authorText(by),
    why,
  ];
  const older = `the newest ${countText(events.length, 'event')}; for older ones: --limit`;
  return [
    ...renderTable(COLUMNS, events.map(row), page),
    ...(more ? [line(''), line(span(older, 'dim'))] : []),
  ];
}
