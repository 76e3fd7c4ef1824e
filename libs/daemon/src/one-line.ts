/** Returns in one line why something failed, for a person who reads one line of a journal. Pure. */

/** oneLine returns an error's message with those of its causes, on one line; `above`: errors whose cause it is. */
export function oneLine(error: unknown, above: readonly unknown[] = []): string {
  if (!(error instanceof Error)) return String(error);
  // An AggregateError (of a connection tried on several addresses) may have nothing but its name.
  const message = error.message === '' ? error.name : error.message;
  const line = [...above, error];
  // A cause may be its own effect.
  const isLast = error.cause === undefined || line.includes(error.cause);
  const cause = isLast ? '' : oneLine(error.cause, line);
  const text = message.includes(cause) ? message : `${message}: ${cause}`;
  return text.trim().replace(/\s*\n\s*/g, '; ');
}
