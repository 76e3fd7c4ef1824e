/** Merges the histories of db-service and of the agents, by time. Pure. */
import type { EventsAnswer } from '@nodemgr/contracts';

/**
 * mergeHistory returns the newest `limit` events of all parts, oldest first. Of two at the same moment
 * that of the earlier part comes first: what was asked for before what was done about it.
 */
export function mergeHistory(parts: readonly EventsAnswer[], limit: number): EventsAnswer {
  const events = parts.flatMap((part) => part.events).sort((a, b) => a.at - b.at);
  const more = parts.some((part) => part.more) || events.length > limit;
  return { events: events.slice(-limit), more };
}
