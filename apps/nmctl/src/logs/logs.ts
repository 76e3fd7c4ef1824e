/** The command line of `nmctl logs`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';
import type { LogsOptions } from './show-logs.ts';

/** addLogs adds the command. */
export function addLogs(program: Command, run: Run): void {
  program
    .command('logs')
    .description(
      "show the journal's lines about one account: the daemons', and those of its sliver's unit",
    )
    .argument('<name>', 'an account')
    .option(
      '--since <when>',
      'a span such as 90s, 15m, 2h, 3d, or a date (UTC unless it names a zone)',
      '1d',
    )
    .option('--follow', 'go on with new lines as they come')
    .action((name: string, options: LogsOptions) =>
      run(async (session) => (await import('./show-logs.ts')).showLogs(session, name, options)),
    );
}
