/** The command line of `nmctl sliver`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addSliver adds the command. */
export function addSliver(program: Command, run: Run): void {
  program
    .command('sliver')
    .description('one sliver: record, resources, loans, state, errors; or one delegate')
    .argument('<name>', 'such as princeton_sirius')
    .action((name: string) =>
      run(async (session) => (await import('./show-sliver.ts')).showSliver(session, name)),
    );
}
