/**
 * Reads the times of the command line: how far back to look, and until when something is to hold. Pure. Dates
 * are UTC unless they name a zone, as the dates that nmctl prints.
 */

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The shapes of a date, for help and errors. */
export const DATE_WORDS =
  'a date in UTC such as 2023-11-14 or 2023-11-14T22:13, or with a zone such as +01:00';

/** Returns the milliseconds of `90s`, `15m`, `2h`, `3d`; undefined for anything else. */
function spanIn(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}

const DATE =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
/** How far a zone may be from UTC (RFC 3339 has no bound; no clock on Earth is farther). */
const FARTHEST_ZONE_MINUTES = 14 * 60;

function zoneMs(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):(\d{2})$/.exec(zone) ?? [];
  const offset = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || offset > FARTHEST_ZONE_MINUTES) return undefined;
  return (sign === '-' ? -offset : offset) * 60_000;
}

/** Returns the moment of a date that there is (ISO 8601, as RFC 3339 has it); undefined for anything else. */
function dateIn(text: string): number | undefined {
  const [whole, day, minute = '00:00', second = '00', zone = 'Z'] = DATE.exec(text) ?? [];
  const offset = zoneMs(zone);
  if (whole === undefined || offset === undefined) return undefined;
  const local = `${day}T${minute}:${second}`;
  const at = new Date(`${local}Z`);
  // Date takes 30 February for 2 March, and 24:00 for the next day.
  if (Number.isNaN(at.getTime()) || !at.toISOString().startsWith(local)) return undefined;
  const moment = at.getTime() - offset;
  return moment >= 0 ? moment : undefined;
}

/**
 * parseSince returns the moment (milliseconds since 1970) that `text` means: `90s`, `15m`, `2h`, `3d` ago, or
 * a date. Undefined when it is neither.
 */
export function parseSince(text: string, now: number): number | undefined {
  const span = spanIn(text);
  return span === undefined ? dateIn(text) : Math.max(0, Math.floor(now - span));
}

/** sinceWanted returns the complaint about a `--since` that parseSince cannot read. */
export const sinceWanted = (text: string): string =>
  `--since wants a span such as 90s, 15m, 2h or 3d, or ${DATE_WORDS}, and not '${text}'`;

/**
 * parseUntil returns the moment (milliseconds since 1970) that `text` means: `2h`, `30d` from now, a date,
 * or seconds since 1970 as tickets have them. Undefined when it is none of these.
 */
export function parseUntil(text: string, now: number): number | undefined {
  const span = spanIn(text);
  if (span !== undefined) return Math.floor(now + span);
  return /^\d{9,11}$/.test(text) ? Number(text) * 1000 : dateIn(text);
}
