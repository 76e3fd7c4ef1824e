/**
 * `nmctl call METHOD ARGS…`: one call of the XML-RPC API, as root or as the user that runs it; with --via, as a
 * delegate of another node, and without any configuration here.
 */

import type { Command } from 'commander';
import { toSeconds } from '../api/call-options.ts';
import { makeCall } from '../api/make-call.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Run, Session } from '../session.ts';
import { parseArgument } from './parse-argument.ts';
import { plainJson, renderValue } from './render-value.ts';

const CALL_HELP = `
Each argument is JSON. A word that is no JSON stands for itself, so these are the same:
  nmctl call GetRSpec princeton_sirius
  nmctl call GetRSpec '"princeton_sirius"'
The result is printed readably, with --json as JSON. 'nmctl call Help' lists the methods.

With --via the call is made on another node, as the delegate that one logs in as there. It needs ssh, and
nothing of the node manager on this machine. Passphrases and unknown host keys are asked for on the
terminal; --timeout counts that time too. What ssh complains of exits 3.
`;

/** Makes the call and prints its result; a fault goes to stderr. */
function callMethod(
  session: Session,
  method: string,
  args: readonly string[],
  deadlineMs: number,
): Promise<ExitCode> {
  const { terminal, json } = session;
  return makeCall(session, {
    method,
    params: () => args.map(parseArgument),
    deadlineMs,
    print: (value) => {
      if (json) terminal.printJson(plainJson(value));
      else terminal.print(renderValue(value));
    },
  });
}

/** addCall adds the command. */
export function addCall(program: Command, run: Run): void {
  program
    .command('call')
    .description('call a method of the XML-RPC API on its Unix socket')
    .argument('<method>', 'such as GetRSpec')
    .argument('[args...]', 'JSON values, or bare words')
    .option('--timeout <seconds>', 'how long to wait for the answer', toSeconds, 30)
    .addHelpText('after', CALL_HELP)
    .action((method: string, args: string[], { timeout }: { timeout: number }) =>
      run((session) => callMethod(session, method, args, timeout * 1000)),
    );
}
