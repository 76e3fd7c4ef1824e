/** Reads the Retry-After header (RFC 9110, 10.2.3). Pure. */

/**
 * retryAfterSeconds returns how long PLC asks to be left alone; undefined when it does not ask or
 * cannot be understood. A date is taken relative to `nowMs`; one in the past asks for nothing.
 */
export function retryAfterSeconds(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(header)) return Number(header);
  // HTTP dates only: Date.parse alone would take '-5' for a year.
  const date = /^[A-Z][a-z]{2,8},? /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, (date - nowMs) / 1000);
}
