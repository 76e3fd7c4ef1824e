/** The command line of `nmctl config`. */
import type { Command } from 'commander';
import type { Run } from '../session.ts';

/** addConfig adds the command, and `check`, `show` and `keys` below it. */
export function addConfig(program: Command, run: Run): void {
  const config = program.command('config').description('the configuration file');
  config
    .command('check')
    .description(
      'say whether the file is valid and the files that it names can be read, or all that is wrong',
    )
    .argument('[file]', 'instead of the one in use')
    .action((file: string | undefined) =>
      run(async (session) => (await import('./show-config.ts')).checkConfigFile(session, file)),
    );
  config
    .command('show')
    .description('print what is in effect: file, environment and defaults')
    .action(() => run(async (session) => (await import('./show-config.ts')).showConfig(session)));
  config
    .command('keys')
    .description('list every key, its default and what is allowed')
    .action(() =>
      run(async (session) => (await import('./show-config.ts')).showConfigKeys(session)),
    );
}
