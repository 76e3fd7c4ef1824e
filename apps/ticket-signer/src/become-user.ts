/** Has this process, started by root, go on as somebody else. There is no way back. */
import { userInfo } from 'node:os';

/** What the types of Node.js leave out. */
interface WithGroups {
  readonly initgroups?: (user: string, extraGroup: number) => void;
}

/** Returns the group that the user database gives `user`; Node.js tells only that of the user it runs as. */
function primaryGroup(user: string): number {
  const before = process.geteuid?.() ?? 0;
  process.seteuid?.(user);
  try {
    return userInfo().gid;
  } finally {
    process.seteuid?.(before);
  }
}

/**
 * becomeUser takes on the user id, the group and the groups of the user with the name `user`, as systemd does
 * for a unit with User=. Throws an Error that names the user when there is none, or this is not root.
 */
export function becomeUser(user: string): void {
  try {
    const group = primaryGroup(user);
    (process as WithGroups).initgroups?.(user, group);
    process.setgid?.(group);
    process.setuid?.(user);
  } catch (cause) {
    throw new Error(`cannot look as the user ${user}: ${(cause as Error).message}`, { cause });
  }
}
