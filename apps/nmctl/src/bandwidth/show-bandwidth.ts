/** `nmctl bandwidth [NAME]`: the limits in force, what is sent under them now, and what has been sent. */

import { setTimeout as wait } from 'node:timers/promises';
import { type AccountName, isSliceName } from '@nodemgr/records';
import { heard } from '../ask/answer.ts';
import { daemonsOf, LOOK_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { suggestSliver } from '../ask/suggest-name.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { measureTraffic } from './measure-traffic.ts';
import { renderBandwidth } from './render-bandwidth.ts';

export interface BandwidthOptions {
  /** Between two looks at the counters; 0: one look, and no rate. */
  readonly seconds: number;
}

/** Prints the tree, or one sliver of it. */
export async function showBandwidth(
  session: Session,
  name: string | undefined,
  { seconds }: BandwidthOptions,
): Promise<ExitCode> {
  const { terminal, json } = session;
  const ask = daemonsOf(session);
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
