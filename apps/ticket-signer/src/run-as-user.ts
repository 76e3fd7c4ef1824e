/**
 * Runs this very program once more, as another user. setpriv(1) changes the user: Node.js as Debian builds
 * it refuses to, lest io_uring still act as the one before (CVE-2024-22017).
 */
import { spawnSync } from 'node:child_process';

/** Of the user database (passwd(5)). */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** For a slow machine, where a start takes seconds. */
const DEADLINE_MS = 60_000;
/** setpriv(1): it could not become that user, or not run the program; it has said why. */
const NOT_PERMITTED = 127;

function idOf(kind: '--user' | '--group', name: string): number {
  const { error, status, stdout, stderr } = spawnSync('id', [kind, '--', name], {
    encoding: 'utf8',
    timeout: DEADLINE_MS,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim());
  return Number(stdout);
}

function whyNotRun({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOENT' ? 'setpriv(1) is not installed' : message;
}

const cannot = (name: string, why: string, cause?: unknown): Error =>
  new Error(`cannot look as the user ${name}: ${why}`, { cause });

/** findAccount returns the user with this name or number; throws an Error that names it when there is none. */
export function findAccount(name: string): Account {
  try {
    return { name, uid: idOf('--user', name), gid: idOf('--group', name) };
  } catch (cause) {
    throw cannot(name, (cause as Error).message, cause);
  }
}

/**
 * runAsUser runs this program with `args` and with the user id, the group and the groups of `account`, as
 * systemd runs a unit with User=. It writes where this process writes. Returns its exit status; throws an
 * Error that names the user when it did not run to its end.
 */
export function runAsUser({ name, uid, gid }: Account, args: readonly string[]): number {
  const ids = [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups'];
  const program = [process.execPath, ...process.execArgv, ...process.argv.slice(1, 2), ...args];
  const { error, status, signal } = spawnSync('setpriv', [...ids, '--', ...program], {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: DEADLINE_MS,
  });
  if (error !== undefined) throw cannot(name, whyNotRun(error), error);
  if (status === null) throw cannot(name, `ended by ${signal}`);
  if (status === NOT_PERMITTED) throw cannot(name, 'setpriv(1) could not');
  return status;
}
