/** The command line of `nmctl events`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';
import type { EventsOptions } from './show-events.ts';

/** addEvents adds the command. */
export function addEvents(program: Command, run: Run): void {
  program
    .command('events')
    .description(
      'list what happened to accounts or to the node, why, and who asked for it; kept for 30 days',
    )
    .argument('[name]', 'an account, or node for the node itself; without it, all of them')
    .option(
      '--since <when>',
      'a span such as 90s, 15m, 2h, 3d, or a date (UTC unless it names a zone)',
    )
    .option('--limit <n>', 'show the newest n events', Number, 200)
    .action((name: string | undefined, options: EventsOptions) =>
      run(async (session) => (await import('./show-events.ts')).showEvents(session, name, options)),
    );
}
