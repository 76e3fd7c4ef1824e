/** The command line of `nmctl exec`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

const NOTES = `
The exit status is the command's own, or 126 where the sliver is not running, and nothing was run.
Without a command it is root's shell there.
`;

/** addExec adds the command. */
export function addExec(program: Command, run: Run): void {
  program
    .command('exec')
    .description('run a command inside a running sliver, as its root')
    .argument('<name>', 'a sliver')
    .argument('[command...]', 'after --: a program and its arguments; no shell reads them')
    .addHelpText('after', NOTES)
    .action((name: string, command: readonly string[]) =>
      run(async (session) =>
        (await import('./exec-in-sliver.ts')).execInSliver(session, name, command),
      ),
    );
}
