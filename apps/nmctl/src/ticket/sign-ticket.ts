/** `nmctl ticket sign`: makes a ticket of a draft, with an authority's key, and prints it. No daemon. */

import { epochSeconds } from '@nodemgr/records';
import { MAX_TICKET_BYTES, signTicket } from '@nodemgr/tickets';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { attemptTicket, nowOf } from './attempt-ticket.ts';
import { completeDraft } from './complete-draft.ts';
import { readInput, readPrivateKey } from './read-input.ts';

export interface SignArguments {
  /** File with the private key in PEM. */
  readonly key: string;
  /** In place of the draft's nodes; empty: those. */
  readonly nodes: readonly number[];
  /** In place of the draft's; undefined: that. */
  readonly expiry: Date | undefined;
  readonly file: string;
}

/** Prints the signed ticket; as JSON it is `ticket` in there. */
export function signDraft(session: Session, given: SignArguments): Promise<ExitCode> {
  const { terminal, json } = session;
  return attemptTicket(session, async () => {
    const key = await readPrivateKey(given.key);
    const draft = await readInput(given.file, MAX_TICKET_BYTES);
    const unsigned = completeDraft(draft, {
      nodes: given.nodes,
      expiry: given.expiry && epochSeconds(Math.floor(given.expiry.getTime() / 1000)),
      issued: nowOf(session),
    });
    const ticket = signTicket(unsigned, key);
    if (json) terminal.printJson({ ticket });
    else terminal.say(ticket, 'out');
    return EXIT.ok;
  });
}
