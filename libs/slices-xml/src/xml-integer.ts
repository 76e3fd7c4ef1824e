/** Integers as XML writes them (XML Schema part 2, 3.4.13), as far as a number can hold them. Pure. */

/** What stands where an integer may stand. */
export type IntegerReading = number | 'not an integer' | 'too large';

const INTEGER = /^[ \t\r\n]*([+-]?[0-9]+)[ \t\r\n]*$/;
/** Longer text is no integer that anyone wrote, and not worth a look. */
const MAX_LENGTH = 200;

/** The last second of the year 9999: what is beyond it was counted in something else, such as milliseconds. */
export const LAST_SECOND = 253_402_300_799;

/** readInteger reads a decimal integer, white space around it allowed, within ±(2^53-1). */
export function readInteger(text: string): IntegerReading {
  const digits = text.length > MAX_LENGTH ? undefined : INTEGER.exec(text)?.[1];
  if (digits === undefined) return 'not an integer';
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) return 'too large';
  // -0 is written back as 0: without this a record would differ from its own copy.
  return value === 0 ? 0 : value;
}

/** readNatural reads a non-negative integer; undefined for anything else, absent text included. */
export function readNatural(text: string | undefined): number | undefined {
  const value = text === undefined ? undefined : readInteger(text);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

/** readTime reads seconds since 1970 up to the year 9999; undefined for anything else. */
export function readTime(text: string | undefined): number | undefined {
  const time = readNatural(text);
  return time !== undefined && time <= LAST_SECOND ? time : undefined;
}
