/** The command line of `nmctl retry`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addRetry adds the command. */
export function addRetry(program: Command, run: Run): void {
  program
    .command('retry')
    .description(
      'try now what fails and waits for its next attempt, after you have mended its cause',
    )
    .argument('[name]', 'an account or another subject that `nmctl status` shows; all without it')
    .action((name: string | undefined) =>
      run(async (session) => (await import('./retry-now.ts')).retryNow(session, name)),
    );
}
