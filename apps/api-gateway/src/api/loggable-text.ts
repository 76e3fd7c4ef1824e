/**
 * Text of a caller's as the log holds it: of bounded length, and with nothing in it that a line or a
 * terminal could be steered by. JSON escapes only the first 32 of those characters. Pure.
 */

/** Control and format characters (C1, bidirectional overrides, …), separators of lines, half characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** loggableText returns at most `max` UTF-16 code units of `text`, and `?` for each such character. */
export function loggableText(text: string, max: number): string {
  // Cut first: what is thrown away need not be looked at, and half a character at the cut becomes `?`.
  return text.slice(0, max).replace(UNSAFE, '?');
}
