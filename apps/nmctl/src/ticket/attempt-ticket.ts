/** The common end of all `nmctl ticket` commands when a file, a key or a ticket cannot be used. */

import { Fault } from '@nodemgr/faults';
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { MissingOption } from './find-trust.ts';

/** isExpected reports a refusal with a reason, ours or the system's (ENOENT, …); all else is a defect. */
export function isExpected(error: unknown): error is Error {
  if (error instanceof Fault || error instanceof MissingOption) return true;
  return error instanceof Error && 'code' in error;
}

/**
 * attemptTicket does `act`. A file, key or ticket that cannot be used is reported in one line on stderr and exits
 * with trouble; an option that is missing exits with usage.
 */
export async function attemptTicket(
  { terminal }: Session,
  act: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await act();
  } catch (error) {
    if (!isExpected(error)) throw error;
    terminal.complain(error.message);
    return error instanceof MissingOption ? EXIT.usage : EXIT.trouble;
  }
}

/** nowOf returns the time of the command line, in seconds as tickets have it. */
export function nowOf({ terminal }: Session): EpochSeconds {
  return epochSeconds(Math.floor(terminal.page.now / 1000));
}
