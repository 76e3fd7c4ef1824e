/** `nmctl ticket show`: what a ticket says, whoever wrote it, and whether anybody vouches for that. No daemon. */
import { nameKey } from '@nodemgr/slices-xml';
import { MAX_TICKET_BYTES, readTicket, type UnverifiedTicket } from '@nodemgr/tickets';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { keysOf } from '../render/render-account.ts';
import type { Session } from '../session.ts';
import { attemptTicket, isExpected, nowOf } from './attempt-ticket.ts';
import { findTrust, type TrustOptions } from './find-trust.ts';
import { judgeSignature } from './judge-by-trust.ts';
import { readInput } from './read-input.ts';
import { renderTicket, type TicketPage } from './render-ticket.ts';

type Vouched = TicketPage['vouched'];

/** Without keys to go by a ticket can be shown all the same. Keys that were named have to be there. */
async function vouchedFor(
  bytes: Uint8Array,
  session: Session,
  options: TrustOptions,
): Promise<Vouched> {
  try {
    const trust = await findTrust(session, options);
    const verdict = judgeSignature(bytes, trust, nowOf(session));
    if (!verdict.counts) return { by: undefined, why: verdict.why };
    return { by: verdict.signer, origin: trust.origin };
  } catch (error) {
    if (options.keys !== undefined || !isExpected(error)) throw error;
    return { by: undefined, why: error.message };
  }
}

function toJson({ content, signed }: UnverifiedTicket, vouched: Vouched) {
  const { ssh_keys, name, ...rest } = content;
  return {
    slice: name,
    ...rest,
    ssh_keys: keysOf(ssh_keys).map(nameKey),
    signature: signed ?? null,
    verified: vouched.by !== undefined,
    ...(vouched.by === undefined ? { why_not: vouched.why } : { signer: vouched.by }),
  };
}

/** showTicket prints a ticket; a ticket that nobody vouches for is shown like any other, and said to be that. */
export function showTicket(
  session: Session,
  file: string,
  options: TrustOptions,
): Promise<ExitCode> {
  const { terminal, json } = session;
  return attemptTicket(session, async () => {
    const bytes = await readInput(file, MAX_TICKET_BYTES);
    const ticket = readTicket(bytes);
    const vouched = await vouchedFor(bytes, session, options);
    if (json) terminal.printJson(toJson(ticket, vouched));
    else terminal.print(renderTicket({ ...ticket, vouched }, terminal.page));
    return EXIT.ok;
  });
}
