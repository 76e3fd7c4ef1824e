/** The text of a journal: one event a line, oldest first, as JSON. What is no event is passed over. Pure. */
import {
  EVENTS_KEPT,
  EVENTS_KEPT_OF_OTHERS,
  eventSchema,
  isByOthers,
  type NodeEvent,
} from '@nodemgr/contracts';

/** linesOf returns events as a journal holds them. */
export function linesOf(events: readonly NodeEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

function eventIn(line: string): NodeEvent | undefined {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch {
    // Torn by a crash, or from a newer version: it holds up none of the others.
    return undefined;
  }
}

/** eventsIn returns the events of a journal in their order. */
export function eventsIn(text: string): readonly NodeEvent[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : (eventIn(line) ?? [])));
}

/** How many events a journal keeps: its account's own, and besides those that others bring about. */
export interface JournalBounds {
  readonly own: number;
  readonly byOthers: number;
}
export const JOURNAL_BOUNDS: JournalBounds = {
  own: EVENTS_KEPT,
  byOthers: EVENTS_KEPT_OF_OTHERS,
};

/** keepNewest returns what a journal may keep, none of it from before `since` (milliseconds since 1970). */
export function keepNewest(
  events: readonly NodeEvent[],
  since: number,
  bounds: JournalBounds = JOURNAL_BOUNDS,
): readonly NodeEvent[] {
  const left = { ...bounds };
  const kept: NodeEvent[] = [];
  for (const event of events.toReversed()) {
    const kind = isByOthers(event.what) ? 'byOthers' : 'own';
    if (event.at < since || left[kind] === 0) continue;
    left[kind] -= 1;
    kept.push(event);
  }
  return kept.reverse();
}
