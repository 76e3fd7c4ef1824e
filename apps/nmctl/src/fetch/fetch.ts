/** The command line of `nmctl fetch`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addFetch adds the command. */
export function addFetch(program: Command, run: Run): void {
  program
    .command('fetch')
    .description('poll the authority now')
    .action(() => run(async (session) => (await import('./fetch-now.ts')).fetchNow(session)));
}
