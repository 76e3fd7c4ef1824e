/**
 * Takes a request to another node's API by way of a delegate's account there: one run of the user's own
 * ssh, with the request on its standard input. The caller is the delegate, as that node's kernel identifies it.
 */
import { Fault } from '@nodemgr/faults';
import { MAX_ANSWER_BYTES, type PostCall } from './ask-api.ts';
import { type RunEnd, runWithInput } from './run-with-input.ts';
import { faultOfEnd, sshCommand } from './ssh-command.ts';
import { describeTarget, type SshTarget } from './ssh-target.ts';

export interface SshSurroundings {
  /** ssh is found in its PATH, and finds its agent in it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called with what ssh and the node's banner wrote beside an answer. */
  readonly remark: (text: string) => void;
}

function unavailable(target: SshTarget, why: string, cause?: unknown): Fault {
  return new Fault('unavailable', `${describeTarget(target)}: ${why}`, { cause });
}

function cannotRun(target: SshTarget, cause: unknown): Fault {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'there is no ssh in PATH' : message;
  return unavailable(target, `ssh cannot be run: ${why}`, cause);
}

function refuseCut(target: SshTarget, { cut, complaint }: RunEnd, deadlineMs: number): void {
  if (cut === undefined) return;
  const late = `no answer in ${deadlineMs} ms`;
  const why = cut === 'late' ? late : `the answer is larger than ${MAX_ANSWER_BYTES} bytes`;
  const said = complaint.trim();
  throw unavailable(target, said === '' ? why : `${why}; ssh said: ${said}`);
}

/** postOverSsh makes the way to `target`. It rejects with Fault `unavailable` that quotes ssh. */
export function postOverSsh(target: SshTarget, { env, remark }: SshSurroundings): PostCall {
  return async (input, deadlineMs) => {
    const argv = sshCommand(target);
    const spec = { argv, env, input, deadlineMs, maxOutputBytes: MAX_ANSWER_BYTES };
    const run = await runWithInput(spec).catch((cause: unknown) => {
      throw cannotRun(target, cause);
    });
    refuseCut(target, run, deadlineMs);
    const fault = faultOfEnd(target, run);
    if (fault !== undefined) throw fault;
    if (run.complaint.trim() !== '') remark(run.complaint);
    return run.output;
  };
}
