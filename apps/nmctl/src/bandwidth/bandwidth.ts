/** The command line of `nmctl bandwidth`. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Run } from '../session.ts';
import type { BandwidthOptions } from './show-bandwidth.ts';

function toPause(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 60) return seconds;
  throw new InvalidArgumentError('wants seconds, 0 to 60.');
}

/** addBandwidth adds the command. */
export function addBandwidth(program: Command, run: Run): void {
  program
    .command('bandwidth')
    .description('the limits in force, what is sent under them now, and what has been sent')
    .argument('[name]', 'one sliver, such as princeton_sirius; all without it')
    .option('--seconds <n>', 'how long to watch for what is sent now; 0: not at all', toPause, 1)
    .action((name: string | undefined, options: BandwidthOptions) =>
      run(async (session) => {
        const { showBandwidth } = await import('./show-bandwidth.ts');
        return showBandwidth(session, name, options);
      }),
    );
}
