/** The command line of `nmctl explain`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addExplain adds the command. */
export function addExplain(program: Command, run: Run): void {
  program
    .command('explain')
    .description('why a sliver has what it has, loan by loan, and what the kernel enforces')
    .argument('<name>', 'such as princeton_sirius')
    .action((name: string) =>
      run(async (session) => (await import('./explain-sliver.ts')).explainSliver(session, name)),
    );
}
