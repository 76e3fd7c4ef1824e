/** Reads the times of the command line: how far back to look, and until when something is to hold. Pure. */

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Returns the milliseconds of `90s`, `15m`, `2h`, `3d`; undefined for anything else. */
function spanIn(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}

function dateIn(text: string): number | undefined {
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  return at >= 0 ? at : undefined;
}

/**
 * parseSince returns the moment (milliseconds since 1970) that `text` means: `90s`, `15m`, `2h`, `3d` ago,
 * or a date that Date can read, such as 2023-11-14T22:13. Undefined when it is neither.
 */
export function parseSince(text: string, now: number): number | undefined {
  const span = spanIn(text);
  return span === undefined ? dateIn(text) : Math.max(0, Math.floor(now - span));
}

/**
 * parseUntil returns the moment (milliseconds since 1970) that `text` means: `2h`, `30d` from now, a date,
 * or seconds since 1970 as tickets have them. Undefined when it is none of these.
 */
export function parseUntil(text: string, now: number): number | undefined {
  const span = spanIn(text);
  if (span !== undefined) return Math.floor(now + span);
  return /^\d{9,11}$/.test(text) ? Number(text) * 1000 : dateIn(text);
}
