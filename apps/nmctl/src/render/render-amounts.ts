/** Amounts of use as text. Pure. */
import type { PeriodAmounts } from '@nodemgr/contracts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** bytesText returns an amount of data in units of a thousand, as rates are counted too. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const optional = (amount: number | undefined, text: (amount: number) => string): string =>
  amount === undefined ? '' : text(amount);

/** cpuText returns CPU time as parts of one processor over `seconds`, or as time where those are not known. */
export function cpuText(ms: number | undefined, seconds: number): string {
  return optional(ms, (used) =>
    seconds > 0 ? `${(used / seconds / 10).toFixed(1)}%` : `${(used / 1000).toFixed(1)} s`,
  );
}

/** sizeText returns KiB in units of a thousand bytes, as everything else that nmctl prints. */
export function sizeText(kib: number | undefined): string {
  return optional(kib, (amount) => bytesText(Math.round(amount * 1024)));
}

/** volumeText returns bytes; nothing where they were not counted. */
export function volumeText(bytes: number | undefined): string {
  return optional(bytes, (amount) => bytesText(Math.round(amount)));
}

/** numberText returns a count; nothing where nobody counted. */
export function numberText(count: number | undefined): string {
  return optional(count, String);
}

/** sentOf returns what was sent to all networks; undefined where it was not counted. */
export function sentOf({ sent_bytes, sent_exempt_bytes }: PeriodAmounts): number | undefined {
  if (sent_bytes === undefined && sent_exempt_bytes === undefined) return undefined;
  return (sent_bytes ?? 0) + (sent_exempt_bytes ?? 0);
}
