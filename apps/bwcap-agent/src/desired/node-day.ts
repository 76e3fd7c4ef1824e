/**
 * The node's day: from an hour of the clock, in a time zone, to the same hour of the next date. Pure: the time comes
 * in. Where the clock is put forward or back, the day is as much shorter or longer.
 */
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';

/** What the configuration says. */
export interface DayRule {
  /** 0 to 23. */
  readonly hour: number;
  /** A time zone that Intl knows. */
  readonly zone: string;
}

/** From `begins` on, and no more from `ends` on. */
export interface Day {
  readonly begins: EpochSeconds;
  readonly ends: EpochSeconds;
}

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;
/** No day is longer: zones put their clocks back by at most that much less than a day. */
const LONGEST_SECONDS = 2 * DAY_SECONDS;

/** Makes the function that returns what clocks in a zone show, as seconds since 1970 would be there. */
function clockIn(zone: string): (at: number) => number {
  if (zone === 'UTC') return (at) => at;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  return (at) => {
    const parts = new Map(
      format.formatToParts(at * 1000).map(({ type, value }) => [type, Number(value)] as const),
    );
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const date = [part('year'), part('month') - 1, part('day')] as const;
    return Date.UTC(...date, part('hour'), part('minute'), part('second')) / 1000;
  };
}

/** Returns the first second after `from` and up to `to` at which `holds` begins to. */
function firstAt(from: number, to: number, holds: (at: number) => boolean): EpochSeconds {
  let [before, at] = [from, to];
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2);
    if (holds(middle)) at = middle;
    else before = middle;
  }
  return epochSeconds(at);
}

/** dayAt returns the day that a time is in. */
export function dayAt(now: EpochSeconds, { hour, zone }: DayRule): Day {
  const clock = clockIn(zone);
  const dayNumber = (at: number) => Math.floor((clock(at) - hour * HOUR_SECONDS) / DAY_SECONDS);
  const today = dayNumber(now);
  return {
    begins: firstAt(now - LONGEST_SECONDS, now, (at) => dayNumber(at) >= today),
    ends: firstAt(now, now + LONGEST_SECONDS, (at) => dayNumber(at) > today),
  };
}
