/** The command line of `nmctl leases`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addLeases adds the command. */
export function addLeases(program: Command, run: Run): void {
  program
    .command('leases')
    .description(
      'the leases of a reservable node: who has it when, and what that means to the others',
    )
    .action(() => run(async (session) => (await import('./list-leases.ts')).listLeases(session)));
}
