/** Finds the account that enters a sliver, and words a command for its login shell. Pure. */

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** findSliver returns the account `name` of passwd(5), if its login shell is that of slivers. */
export function findSliver(name: string, passwd: string, sliverShell: string): Account | undefined {
  const entries = passwd.split('\n').map((entry) => entry.split(':'));
  const found = entries.find(([user, , , , , , shell]) => user === name && shell === sliverShell);
  if (found === undefined) return undefined;
  const [uid, gid] = [Number(found[2]), Number(found[3])];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}

/** No shell takes anything in it for more than itself (POSIX shell, 2.2.2). */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * shellArguments returns what sliver-shell is called with to run `command`, word by word; a login shell without one.
 * Quoted, `start`, `stop` and `status` are programs inside, and not the words that sliver-shell takes from logins.
 */
export function shellArguments(command: readonly string[]): readonly string[] {
  return command.length === 0 ? [] : ['-c', command.map(quoted).join(' ')];
}
