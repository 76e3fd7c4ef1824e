/** How this library says no: one line that names what is wrong. No rule is decided here. */
import { Fault, type FaultName } from '@nodemgr/faults';

/** Control and format characters, line ends, half characters: they would end the line, or steer a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const MAX_REASON = 500;

const oneLine = (text: string): string => text.slice(0, MAX_REASON).replace(UNPRINTABLE, ' ');

/** quote returns text of a ticket as a message shows it: quoted, and not much of it. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/**
 * refuseTicket throws the Fault for a ticket that does not count: `bad-argument`, or `permission-denied`
 * where the ticket is one, but nobody vouches for it whom this node trusts.
 */
export function refuseTicket(
  reason: string,
  { kind = 'bad-argument', cause }: { kind?: FaultName; cause?: unknown } = {},
): never {
  throw new Fault(kind, `the ticket is refused: ${oneLine(reason)}`, { cause });
}

/** refuseKey throws the Fault `bad-argument` for a key that cannot be used; `what` names it. */
export function refuseKey(what: string, reason: string, cause?: unknown): never {
  throw new Fault('bad-argument', oneLine(`${what}: ${reason}`), { cause });
}
