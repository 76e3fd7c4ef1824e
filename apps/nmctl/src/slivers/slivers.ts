/** The command line of `nmctl slivers`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addSlivers adds the command. */
export function addSlivers(program: Command, run: Run): void {
  program
    .command('slivers')
    .description('list all slivers: state, expiry, and the resources that each has')
    .action(() => run(async (session) => (await import('./list-slivers.ts')).listSlivers(session)));
}
