/** Times for people: UTC and how far away it is. Pure: now comes in. */
import type { Page } from './render-line.ts';

/** From largest to smallest; a span of time is given in the largest unit that it fills. */
const UNITS = [
  { ms: 86_400_000, from: 2, one: 'day', more: 'days' },
  { ms: 3_600_000, from: 2, one: 'h', more: 'h' },
  { ms: 60_000, from: 1, one: 'min', more: 'min' },
] as const;

/** durationText returns a span of milliseconds as text: '12 s', '5 min', '3 h', '2 days'. */
export function durationText(ms: number): string {
  for (const unit of UNITS) {
    const count = Math.round(ms / unit.ms);
    if (ms >= unit.from * unit.ms) return `${count} ${count === 1 ? unit.one : unit.more}`;
  }
  return `${Math.floor(ms / 1000)} s`;
}

/** distanceText returns how far `at` is from `now` (both milliseconds since 1970): '3 min ago'. */
export function distanceText(at: number, now: number): string {
  const distance = at - now;
  if (Math.abs(distance) < 1000) return distance > 0 ? 'in a moment' : 'just now';
  return distance > 0 ? `in ${durationText(distance)}` : `${durationText(-distance)} ago`;
}

/** The last moment that Date can hold (ECMA-262, 21.4.1.1). */
const MAX_DATE_MS = 8.64e15;

/** clockText returns a moment (milliseconds since 1970) in UTC as '2023-11-14 22:13:20Z', which --since takes too. */
export function clockText(at: number): string {
  if (!(Math.abs(at) <= MAX_DATE_MS)) return `${Math.floor(at / 1000)} s after 1970`;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'UTC',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part['year']}-${part['month']}-${part['day']} ${part['hour']}:${part['minute']}:${part['second']}Z`;
}

/**
 * momentText returns a moment both ways: '2023-11-14 22:13:20Z (3 min ago)'. On a terminal, where room
 * is short and the reader knows the date, a moment of today goes without it.
 */
export function momentText(at: number, page: Pick<Page, 'now' | 'width'>): string {
  const [date = '', ...time] = clockText(at).split(' ');
  const isToday = page.width !== undefined && clockText(page.now).startsWith(`${date} `);
  const clock = (isToday ? time : [date, ...time]).join(' ');
  return `${clock} (${distanceText(at, page.now)})`;
}
