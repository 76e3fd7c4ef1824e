/** `nmctl usage [NAME]`: what slivers have used, as each agent has kept its part. */
import { MINUTES_KEPT, type UseStep } from '@nodemgr/contracts';
import { isSliceName } from '@nodemgr/records';
import { heard } from '../ask/answer.ts';
import { daemonsOf, LOOK_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { suggestSliver } from '../ask/suggest-name.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseSince, sinceWanted } from '../parse-since.ts';
import type { Session } from '../session.ts';
import { mergeUse } from './merge-use.ts';
import { renderUsage } from './render-usage.ts';

export interface UsageOptions {
  /** As it was written. */
  readonly since: string;
}

/** Under a day it is by minute; a day is what is kept of those, and the question takes its time. */
function stepFor(since: number, now: number): UseStep {
  return now - since < MINUTES_KEPT * 1000 ? 'minute' : 'hour';
}

/** Prints the use of one sliver by its periods, or the sum of each; a part whose agent is away is missing. */
export async function showUsage(
  session: Session,
  name: string | undefined,
  options: UsageOptions,
): Promise<ExitCode> {
  const { terminal, json } = session;
  const { now } = terminal.page;
  const since = parseSince(options.since, now);
  if (since === undefined) {
    terminal.complain(sinceWanted(options.since));
    return EXIT.usage;
  }
  const ask = daemonsOf(session);
  if (name !== undefined && !isSliceName(name)) return suggestSliver(ask, name, terminal);
  const step = stepFor(since, now);
  const query = { step, since: Math.floor(since / 1000), ...(name === undefined ? {} : { name }) };
  const [machine, network] = await Promise.all([
    ask('account-supervisor', 'use_history', query, LOOK_MS),
    ask('bwcap-agent', 'use_history', query, LOOK_MS),
  ]);
  const code = complainOfMissing(
    [
      {
        daemon: 'account-supervisor',
        missing: 'CPU, memory, disk and tasks are not shown',
        answer: machine,
      },
      { daemon: 'bwcap-agent', missing: 'what was sent is not shown', answer: network },
    ],
    terminal,
  );
  if (code === EXIT.silent) return code;
  const parts = [heard(machine), heard(network)].flatMap((part) => part ?? []);
  const kind = name === undefined ? 'sums' : 'periods';
  const rows = mergeUse(
    parts.map((part) => part.rows),
    kind,
  );
  if (json) terminal.printJson({ step, since: query.since, rows });
  else terminal.print(renderUsage({ rows, step, name, since }, terminal.page));
  return code;
}
