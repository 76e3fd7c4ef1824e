/** The command line of `nmctl guard`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addGuard adds the command, and `allow` below it. */
export function addGuard(program: Command, run: Run): void {
  const guard = program
    .command('guard')
    .description('what the guard holds back, and why')
    .action(() => run(async (session) => (await import('./show-guard.ts')).showGuard(session)));
  guard
    .command('allow')
    .description(
      'let through every update that the guard holds back, or the named document, older than the one in force',
    )
    .argument('[document]', 'the document to go back to, as `nmctl guard` names it')
    .action((document: string | undefined) =>
      run(async (session) => {
        const { allowDocument, allowHeldBack } = await import('./show-guard.ts');
        return document === undefined ? allowHeldBack(session) : allowDocument(session, document);
      }),
    );
}
