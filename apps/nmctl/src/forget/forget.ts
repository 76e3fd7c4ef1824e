/** The command line of `nmctl forget`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addForget adds the command. */
export function addForget(program: Command, run: Run): void {
  program
    .command('forget')
    .description('remove now the files that are kept of a removed sliver; nothing brings them back')
    .argument('<name>', 'a sliver that has been removed or has expired')
    .action((name: string) =>
      run(async (session) => (await import('./forget-sliver.ts')).forgetSliver(session, name)),
    );
}
