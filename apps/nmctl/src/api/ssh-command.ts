/** The command line of ssh(1) for one request, and what its end means. Pure: nothing is run here. */
import { Fault } from '@nodemgr/faults';
import { describeTarget, type SshTarget } from './ssh-target.ts';

/**
 * A delegate's login shell ignores it (native/forward_api_calls). Any other shell, a sliver's or a
 * person's, looks for a program of that name and finds none: without it, it would take the request
 * for commands.
 */
const COMMAND = 'forward_api_calls';

/**
 * Beyond these the user's own ssh_config, agent and answers to prompts count: no terminal over there,
 * and neither agent, display nor port of this machine lent to a node.
 */
const OPTIONS = [
  '-T',
  '-a',
  '-x',
  ...['-o', 'ClearAllForwardings=yes'],
  // Set for interactive use of that host, these would lead elsewhere, or away from our standard input.
  ...['-o', 'RemoteCommand=none'],
];

/** sshCommand returns program and arguments. */
export function sshCommand({ user, host, port }: SshTarget): readonly string[] {
  const where = port === undefined ? [] : ['-p', String(port)];
  return ['ssh', ...OPTIONS, ...where, '--', `${user}@${host}`, COMMAND];
}

/** How a run of ssh ended. */
export interface SshEnd {
  /** undefined: by a signal. */
  readonly status: number | undefined;
  /** Its standard error, cut to a bound. */
  readonly complaint: string;
}

/** The shell's exit status for a program that does not exist (POSIX, 2.8.2). */
const NO_SUCH_COMMAND = 127;
/** ssh(1): an error of its own. */
const SSH_FAILED = 255;

function reasonOf({ status, complaint }: SshEnd): string {
  const said = complaint.trim();
  switch (status) {
    case SSH_FAILED:
      return said === '' ? 'ssh could not get there' : said;
    case NO_SUCH_COMMAND:
      return `that account is no delegate's: its login shell takes commands${said === '' ? '' : ` (${said})`}`;
    case undefined:
      return said === '' ? 'ssh was killed' : said;
    default:
      return said === '' ? `ssh ended with status ${status}` : said;
  }
}

/**
 * faultOfEnd returns why there is no answer, as a Fault `unavailable`; undefined when ssh ended well.
 * Status 1 is forward_api_calls': it could not reach the API, and its stderr has the reason.
 */
export function faultOfEnd(target: SshTarget, end: SshEnd): Fault | undefined {
  if (end.status === 0) return undefined;
  return new Fault('unavailable', `${describeTarget(target)}: ${reasonOf(end)}`);
}
