/** `nmctl ticket deliver`: hands a ticket to a node, which decides. It is read here only for its slice's name. */

import { MAX_TICKET_BYTES, readTicket } from '@nodemgr/tickets';
import type { Command } from 'commander';
import { toSeconds } from '../api/call-options.ts';
import { makeCall } from '../api/make-call.ts';
import type { ExitCode } from '../exit-codes.ts';
import { line } from '../render/render-line.ts';
import type { Run, Session } from '../session.ts';
import { attemptTicket, FILE_HELP } from './attempt-ticket.ts';
import { readInput } from './read-input.ts';

/** Calls Ticket; a fault of the API is printed as `nmctl call` prints it. */
function deliverFile(session: Session, file: string, deadlineMs: number): Promise<ExitCode> {
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

/** addDeliver adds the command to `nmctl ticket`. */
export function addDeliver(ticket: Command, run: Run): void {
  ticket
    .command('deliver')
    .description('hand a ticket to this node, or with --via to another one')
    .argument('<file>', FILE_HELP)
    .option('--timeout <seconds>', 'how long to wait for the answer', toSeconds, 30)
    .action((file: string, { timeout }: { timeout: number }) =>
      run((session) => deliverFile(session, file, timeout * 1000)),
    );
}
