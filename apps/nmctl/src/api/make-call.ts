/**
 * One call of the XML-RPC API for a command: by the socket of this machine, or with --via as a delegate of
 * another node. What came of it decides the exit code; what to print of a result is the command's.
 */
import { apiSocketOf } from '@nodemgr/config';
import { Fault } from '@nodemgr/faults';
import type { XmlRpcAnswer, XmlRpcValue } from '@nodemgr/xml-rpc';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { callApi, type PostCall } from './ask-api.ts';
import { postOnSocket } from './post-on-socket.ts';
import { postOverSsh } from './post-over-ssh.ts';

export interface PlannedCall {
  readonly method: string;
  /** May throw SyntaxError or RangeError for what cannot be an argument. */
  readonly params: () => readonly XmlRpcValue[];
  /** For the whole of it, answer included. */
  readonly deadlineMs: number;
  /** Prints the result of a call that was no fault. */
  readonly print: (value: XmlRpcValue) => void;
}

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

function printAnswer(
  answer: XmlRpcAnswer,
  { terminal, json }: Session,
  print: PlannedCall['print'],
): ExitCode {
  if (answer.kind === 'fault') {
    terminal.complain(`fault ${answer.code}: ${answer.text}`);
    if (json) terminal.printJson({ fault: { code: answer.code, message: answer.text } });
    return EXIT.fault;
  }
  print(answer.value);
  return EXIT.ok;
}

/** The way to the API that the command line means; throws ConfigError for this machine's. */
function wayOf({ via, env, terminal, config }: Session): PostCall {
  if (via === undefined) return postOnSocket(apiSocketOf(config()));
  return postOverSsh(via, { env, remark: (text) => terminal.say(text, 'err') });
}

/** makeCall makes the call; complains of a fault, and of a call that was not answered, on stderr. */
export async function makeCall(session: Session, call: PlannedCall): Promise<ExitCode> {
  const { method, params, deadlineMs, print } = call;
  const post = wayOf(session);
  try {
    const answer = await callApi({ post, method, params: params(), deadlineMs });
    return printAnswer(answer, session, print);
  } catch (error) {
    return exitFor(error, session.terminal);
  }
}
