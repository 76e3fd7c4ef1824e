/** `nmctl leases`: who has the node when. */
import type { Command } from 'commander';
import { LOOK_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Run, Session } from '../session.ts';
import { renderLeases } from './render-leases.ts';

async function listLeases(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const answer = await session.daemons()('db-service', 'leases', {}, LOOK_MS);
  if (!answer.answered) {
    const missing = 'the leases are not known';
    return complainOfMissing([{ daemon: 'db-service', missing, answer }], terminal);
  }
  if (json) terminal.printJson(answer.value);
  else terminal.print(renderLeases(answer.value, terminal.page));
  return EXIT.ok;
}

/** addLeases adds the command. */
export function addLeases(program: Command, run: Run): void {
  program
    .command('leases')
    .description(
      'the leases of a reservable node: who has it when, and what that means to the others',
    )
    .action(() => run(listLeases));
}
