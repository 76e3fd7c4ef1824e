/**
 * `nmctl call METHOD ARGS…`: one call of the XML-RPC API, as root or as the user that runs it; with --via, as a
 * delegate of another node, and without any configuration here.
 */

import { makeCall } from '../api/make-call.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { parseArgument } from './parse-argument.ts';
import { plainJson, renderValue } from './render-value.ts';

/** Makes the call and prints its result; a fault goes to stderr. */
export function callMethod(
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
