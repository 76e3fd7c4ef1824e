/** Who calls, once the kernel has said which user id it is. Pure: nothing here asks the machine. */
import type { NodeAccounts } from '@nodemgr/node-accounts';
import type { AccountName, HostUid } from '@nodemgr/records';

/**
 * A caller of the API:
 *
 *   root      may do everything
 *   sliver    everything to itself, and what other slivers delegate to it
 *   delegate  what slivers delegate to it
 *   nobody    what all may; `why` says why it is not known, for the log
 */
export type Caller =
  | { readonly kind: 'root'; readonly uid: HostUid }
  | { readonly kind: 'sliver' | 'delegate'; readonly uid: HostUid; readonly name: AccountName }
  | { readonly kind: 'nobody'; readonly why: string };

/** callerOf returns who a user id of this node is to the API. */
export function callerOf(
  uid: HostUid,
  rootUids: readonly number[],
  accounts: NodeAccounts,
): Caller {
  if (rootUids.includes(uid)) return { kind: 'root', uid };
  const account = accounts.whoIs(uid);
  if (account === undefined) return { kind: 'nobody', why: `user id ${uid} is no account of ours` };
  return { kind: account.kind, name: account.name, uid };
}

/** describeCaller names a caller for logs and faults, in at most 64 characters. */
export function describeCaller(caller: Caller): string {
  if (caller.kind === 'root' || caller.kind === 'nobody') return caller.kind;
  return `${caller.kind} ${caller.name}`;
}
