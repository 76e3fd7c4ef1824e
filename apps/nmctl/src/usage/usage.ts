/** The command line of `nmctl usage`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';
import type { UsageOptions } from './show-usage.ts';

/** addUsage adds the command. */
export function addUsage(program: Command, run: Run): void {
  program
    .command('usage')
    .description(
      'list what slivers have used: by hour, kept for 90 days; by minute where --since is within a day',
    )
    .argument('[name]', 'one sliver, such as princeton_sirius; without it, a sum for each of them')
    .option(
      '--since <when>',
      'a span such as 90s, 15m, 2h, 3d, or a date (UTC unless it names a zone)',
      '24h',
    )
    .action((name: string | undefined, options: UsageOptions) =>
      run(async (session) => (await import('./show-usage.ts')).showUsage(session, name, options)),
    );
}
