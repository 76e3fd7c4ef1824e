/** The command line of `nmctl top`. */
import { type Command, Option } from 'commander';
import type { Run } from '../session.ts';
import type { TopOptions } from './show-top.ts';

/** addTop adds the command. */
export function addTop(program: Command, run: Run): void {
  program
    .command('top')
    .description('who uses what now, every two seconds on a terminal; ended by Ctrl-C')
    .addOption(
      new Option('--sort <what>', 'what the first has most of')
        .choices(['cpu', 'memory', 'disk', 'io', 'net', 'tasks'])
        .default('cpu'),
    )
    .option('--once', 'print it once')
    .action((options: TopOptions) =>
      run(async (session) => (await import('./show-top.ts')).showTop(session, options)),
    );
}
