/** `nmctl bandwidth [NAME]`: the limits in force, what is sent under them now, and what has been sent. */

import { setTimeout as wait } from 'node:timers/promises';
import { type AccountName, isSliceName } from '@nodemgr/records';
import { type Command, InvalidArgumentError } from 'commander';
import { heard } from '../ask/answer.ts';
import { LOOK_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { suggestSliver } from '../ask/suggest-name.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Run, Session } from '../session.ts';
import { measureTraffic } from './measure-traffic.ts';
import { renderBandwidth } from './render-bandwidth.ts';

interface BandwidthOptions {
  /** Between two looks at the counters; 0: one look, and no rate. */
  readonly seconds: number;
}

/** Prints the tree, or one sliver of it. */
async function showBandwidth(
  session: Session,
  name: string | undefined,
  { seconds }: BandwidthOptions,
): Promise<ExitCode> {
  const { terminal, json } = session;
  const ask = session.daemons();
  if (name !== undefined && !isSliceName(name)) return suggestSliver(ask, name, terminal);
  const params: { name?: AccountName } = name === undefined ? {} : { name };
  const first = await ask('bwcap-agent', 'traffic', params, LOOK_MS);
  const goesOn = first.answered && seconds > 0;
  if (goesOn) await wait(seconds * 1000);
  const second = goesOn ? await ask('bwcap-agent', 'traffic', params, LOOK_MS) : first;
  const code = complainOfMissing(
    [{ daemon: 'bwcap-agent', missing: 'bandwidth is not shown', answer: second }],
    terminal,
  );
  const [before, after] = [heard(first), heard(second)];
  if (before === undefined || after === undefined) return code;
  if (name !== undefined && after.slivers.length === 0) {
    terminal.complain(`${name} has no limits in force: it is not on this machine, or not yet`);
    return EXIT.trouble;
  }
  const measured = measureTraffic(before, after);
  if (json) terminal.printJson(measured);
  else terminal.print(renderBandwidth(measured, terminal.page));
  return code;
}

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
      run((session) => showBandwidth(session, name, options)),
    );
}
