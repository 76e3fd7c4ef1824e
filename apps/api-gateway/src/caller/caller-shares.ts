/**
 * With whom a caller shares what there is only so much of: connections, turns, patience. Pure. How much is in
 * a share is for those to say who divide it.
 */
import type { Shares } from '@nodemgr/daemon';
import type { HostUid } from '@nodemgr/records';
import { type Caller, describeCaller } from './caller.ts';

/** A caller with its shares, which are made once for a connection and looked up for each request. */
export interface SharingCaller {
  readonly caller: Caller;
  readonly shares: Shares;
}

const COMMON = 'all that are nobody';
/** As many as are in a range of subuid(5) as a rule. Below, an id is one that an administrator gave. */
const IDS_OF_A_BLOCK = 65_536;

function blockOf(uid: HostUid): string {
  const first = uid - (uid % IDS_OF_A_BLOCK);
  return `uids ${first} to ${first + IDS_OF_A_BLOCK - 1}`;
}

/**
 * sharesOf returns the shares of a caller:
 *
 *   root, sliver, delegate   its own alone; inside a sliver there are 65536 user ids, which are one
 *   uid 1000                 the one of all that are nobody, in it its own
 *   uid 100000               the same, but between the two that of its block
 *   nobody                   as uid 1000: all whom the kernel does not name have one together
 *
 * The common share is as large as an account's, but for a few places for newcomers and a few multicalls: no
 * number of user ids takes more than that from tenants. An ordinary user may have many, by a range in subuid(5), of 65536 as a rule, which lie in at
 * most two blocks: so its part of the common share is that of three, not of 65537. A person to whom a
 * directory gave an id as high as that is still told apart, within the block.
 */
export function sharesOf(caller: Caller): Shares {
  const own = describeCaller(caller);
  if (caller.kind !== 'nobody') return [own];
  const { uid } = caller;
  return uid === undefined || uid < IDS_OF_A_BLOCK ? [COMMON, own] : [COMMON, blockOf(uid), own];
}

/** withShares returns a caller with its shares. */
export const withShares = (caller: Caller): SharingCaller => ({ caller, shares: sharesOf(caller) });

/**
 * partyOf names whom a caller is held to be one with when it does harm: its account, its uid, or the block of
 * that. Nobody can be many parties by itself.
 */
export const partyOf = ([widest, next]: Shares): string => next ?? widest;
