/** The command line of `nmctl ticket`: its commands and help. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';
import { addDeliver } from './deliver-ticket.ts';
import { addShow } from './show-ticket.ts';
import { addSign } from './sign-ticket.ts';
import { addVerify } from './verify-ticket.ts';

const HELP = `
A ticket is an authority's signed word that a slice may have a sliver on the nodes that it names. Whoever
delivers it to one of them, CreateSliver sets the sliver up there, with PLC or without.
`;

/** addTicket adds `nmctl ticket` and its commands to the command line. */
export function addTicket(program: Command, run: Run): void {
  const ticket = program
    .command('ticket')
    .description('tickets: slivers that an authority has signed for')
    .addHelpText('after', HELP);
  for (const add of [addSign, addVerify, addShow, addDeliver]) add(ticket, run);
}
