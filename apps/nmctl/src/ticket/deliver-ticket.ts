/** `nmctl ticket deliver`: hands a ticket to a node, which decides. It is read here only for its slice's name. */
import { MAX_TICKET_BYTES, readTicket } from '@nodemgr/tickets';
import { makeCall } from '../api/make-call.ts';
import type { ExitCode } from '../exit-codes.ts';
import { line } from '../render/render-line.ts';
import type { Session } from '../session.ts';
import { attemptTicket } from './attempt-ticket.ts';
import { readInput } from './read-input.ts';

/** Calls Ticket; a fault of the API is printed as `nmctl call` prints it. */
export function deliverFile(session: Session, file: string, deadlineMs: number): Promise<ExitCode> {
  const { terminal, json } = session;
  return attemptTicket(session, async () => {
    const bytes = await readInput(file, MAX_TICKET_BYTES);
    const { name } = readTicket(bytes).content;
    return makeCall(session, {
      method: 'Ticket',
      params: () => [bytes.toString('utf8')],
      deadlineMs,
      print: () => {
        if (json) terminal.printJson({ delivered: name });
        else
          terminal.print([line(`delivered: ${name}; unless PLC has set it up, CreateSliver does`)]);
      },
    });
  });
}
