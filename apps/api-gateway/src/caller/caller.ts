/** Who calls, once the kernel has said which user id it is. Pure: nothing here asks the machine. */
import type { NodeAccounts } from '@nodemgr/node-accounts';
import type { AccountName, HostUid } from '@nodemgr/records';

/**
 * A caller of the API:
 *
 *   root      may do everything
 *   sliver    everything to itself, and what other slivers delegate to it
 *   delegate  what slivers delegate to it
 *   nobody    what all may: an ordinary user of the node, or, without a `uid`, one whom the kernel does not
 *             name; `why` says why it is no more than that, for the log
 */
export type Caller =
  | { readonly kind: 'root'; readonly uid: HostUid }
  | { readonly kind: 'sliver' | 'delegate'; readonly uid: HostUid; readonly name: AccountName }
  | { readonly kind: 'nobody'; readonly uid?: HostUid; readonly why: string };

/** callerOf returns who a user id of this node is to the API. */
export function callerOf(
  uid: HostUid,
  rootUids: readonly number[],
  accounts: NodeAccounts,
): Caller {
  if (rootUids.includes(uid)) return { kind: 'root', uid };
  const account = accounts.whoIs(uid);
  if (account === undefined) return { kind: 'nobody', uid, why: 'it is no account of ours' };
  return { kind: account.kind, name: account.name, uid };
}

/**
 * describeCaller names a caller for logs, faults and the history, in at most 64 characters: `root`,
 * `sliver princeton_sirius`, `delegate del_snoop`, `uid 1000` for an ordinary user, `nobody` for one whom the
 * kernel does not name. No two callers that count apart have the same name.
 */
export function describeCaller(caller: Caller): string {
  if (caller.kind === 'root') return 'root';
  if (caller.kind !== 'nobody') return `${caller.kind} ${caller.name}`;
  return caller.uid === undefined ? 'nobody' : `uid ${caller.uid}`;
}
