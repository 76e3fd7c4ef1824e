/** Names the daemons that do not answer a command, and derives its exit code from them. */
import type { DaemonName } from '@nodemgr/contracts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { type Answer, isSilent } from './answer.ts';

export interface Asked {
  readonly daemon: DaemonName;
  /** The part of the command's answer that is missing without this daemon. */
  readonly missing: string;
  readonly answer: Answer<unknown>;
}

/**
 * complainOfMissing names on stderr every daemon that did not answer and what is missing for it.
 * Returns the exit code: ok, trouble when a part is missing, silent when nobody answered.
 */
export function complainOfMissing(asked: readonly Asked[], terminal: Terminal): ExitCode {
  const absent = asked.filter(({ answer }) => !answer.answered);
  for (const { daemon, missing, answer } of absent) {
    if (!answer.answered) terminal.complain(`${daemon}: ${answer.reason}; ${missing}`);
  }
  if (absent.length === 0) return EXIT.ok;
  return asked.every(({ answer }) => isSilent(answer)) ? EXIT.silent : EXIT.trouble;
}
