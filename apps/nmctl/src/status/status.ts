/** The command line of `nmctl status`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addStatus adds the command. */
export function addStatus(program: Command, run: Run): void {
  program
    .command('status')
    .description('processes, last update, guard, counts, what is failing')
    .action(() => run(async (session) => (await import('./show-status.ts')).showStatus(session)));
}
