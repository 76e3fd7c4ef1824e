/** `nmctl slivers`: all slivers of the node in one table. */
import { daemonsOf, GLANCE_MS, LOOK_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { failuresOf } from '../ask/node-status.ts';
import { summariseSlivers, summaryJson } from '../ask/sliver-summary.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { renderSlivers } from './render-slivers.ts';

/** Prints what is known of every sliver, with db-service or the supervisor away too. */
export async function listSlivers(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const ask = daemonsOf(session);
  const [accounts, observed, supervisor, bandwidth] = await Promise.all([
    ask('db-service', 'accounts', {}, LOOK_MS),
    ask('account-supervisor', 'observed', {}, LOOK_MS),
    ask('account-supervisor', 'status', {}, GLANCE_MS),
    ask('bwcap-agent', 'status', {}, GLANCE_MS),
  ]);
  const code = complainOfMissing(
    [
      { daemon: 'db-service', missing: 'records are not shown', answer: accounts },
      { daemon: 'account-supervisor', missing: 'states are not known', answer: observed },
    ],
    terminal,
  );
  if (code === EXIT.silent) return code;
  const failures = failuresOf({ 'account-supervisor': supervisor, 'bwcap-agent': bandwidth });
  const slivers = summariseSlivers(accounts, observed, failures);
  if (json) terminal.printJson(slivers.map(summaryJson));
  else terminal.print(renderSlivers(slivers, terminal.page));
  return code;
}
