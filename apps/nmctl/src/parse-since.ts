/** Reads how far back a command is to look: a span of time, or a moment. Pure. */

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * parseSince returns the moment (milliseconds since 1970) that `text` means: `90s`, `15m`, `2h`, `3d` ago,
 * or a date that Date can read, such as 2023-11-14T22:13. Undefined when it is neither.
 */
export function parseSince(text: string, now: number): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (count !== undefined && factor !== undefined) {
    return Math.max(0, Math.floor(now - Number(count) * factor));
  }
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  return at >= 0 ? at : undefined;
}
