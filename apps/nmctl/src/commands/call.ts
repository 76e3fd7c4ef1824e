/**
 * `nmctl call METHOD ARGS…`: one call of the XML-RPC API, as root or whoever runs it; with --via, as a
 * delegate of another node, and without any configuration here.
 */
import { apiSocketOf } from '@nodemgr/config';
import { Fault } from '@nodemgr/faults';
import type { XmlRpcAnswer, XmlRpcValue } from '@nodemgr/xml-rpc';
import { callApi, type PostCall } from '../ask/ask-api.ts';
import { postOnSocket } from '../ask/post-on-socket.ts';
import { postOverSsh } from '../ask/post-over-ssh.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseArgument } from '../parse-argument.ts';
import { plainJson, renderValue } from '../render/render-value.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

function exitFor(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof Fault) {
    terminal.complain(error.message);
    return error.kind === 'unavailable' ? EXIT.silent : EXIT.trouble;
  }
  if (error instanceof SyntaxError || error instanceof RangeError) {
    terminal.complain(error.message);
    return EXIT.usage;
  }
  throw error;
}

function printAnswer(answer: XmlRpcAnswer, { terminal, json }: Session): ExitCode {
  if (answer.kind === 'fault') {
    terminal.complain(`fault ${answer.code}: ${answer.text}`);
    if (json) terminal.printJson({ fault: { code: answer.code, message: answer.text } });
    return EXIT.fault;
  }
  if (json) terminal.printJson(plainJson(answer.value));
  else terminal.print(renderValue(answer.value));
  return EXIT.ok;
}

/** The way to the API that the command line means; throws ConfigError for this machine's. */
function wayOf({ via, env, terminal, config }: Session): PostCall {
  if (via === undefined) return postOnSocket(apiSocketOf(config()));
  return postOverSsh(via, { env, remark: (text) => terminal.say(text, 'err') });
}

/** callMethod makes the call and prints its result; a fault goes to stderr. */
export async function callMethod(
  session: Session,
  method: string,
  args: readonly string[],
  deadlineMs: number,
): Promise<ExitCode> {
  const post = wayOf(session);
  try {
    const params: readonly XmlRpcValue[] = args.map(parseArgument);
    const answer = await callApi({ post, method, params, deadlineMs });
    return printAnswer(answer, session);
  } catch (error) {
    return exitFor(error, session.terminal);
  }
}
