/**
 * Where an account's ids come from: one slot gives it a user id and, if it is a sliver, 65536 more for
 * the inside. Arithmetic only; who holds which slot is in slot-table.ts.
 */
import type { Config } from '@nodemgr/config';
import { type HostUid, hostUid } from '@nodemgr/records';

declare const slotUnit: unique symbol;
/** A place for one account on this node: 0 to config.accounts.slots − 1. */
export type Slot = number & { readonly [slotUnit]: 'Slot' };
export const slot = (value: number): Slot => value as Slot;

declare const projectUnit: unique symbol;
/** The number that a file system counts a sliver's disk use under (ext4(5), project quota). */
export type ProjectId = number & { readonly [projectUnit]: 'ProjectId' };

/** Ids in a sliver's range: what Linux programs expect to find inside. */
export const RANGE_SIZE = 65_536;

export type IdPolicy = Pick<Config['accounts'], 'first_uid' | 'first_range_id' | 'slots'>;

/** Everything that follows from a slot. */
export interface AccountIds {
  readonly slot: Slot;
  /** The account's own user and group id. */
  readonly uid: HostUid;
  /** The first of its 65536 ids; a delegate's stay unused. */
  readonly base: HostUid;
  readonly project: ProjectId;
}

/** idsOf returns the ids that belong to a slot. The project is named like the user. */
export function idsOf(place: Slot, policy: IdPolicy): AccountIds {
  const uid = policy.first_uid + place;
  return {
    slot: place,
    uid: hostUid(uid),
    base: hostUid(policy.first_range_id + place * RANGE_SIZE),
    project: uid as ProjectId,
  };
}

/** slotOfUid returns the slot that `uid` would belong to, if any. */
export function slotOfUid(uid: number, policy: IdPolicy): Slot | undefined {
  const place = uid - policy.first_uid;
  return place >= 0 && place < policy.slots ? slot(place) : undefined;
}

/** slotsOfRange returns every slot whose id range has an id in common with `count` ids from `first`. */
export function slotsOfRange(first: number, count: number, policy: IdPolicy): readonly Slot[] {
  if (count <= 0) return [];
  const from = Math.max(0, Math.floor((first - policy.first_range_id) / RANGE_SIZE));
  const to = Math.min(
    policy.slots - 1,
    Math.floor((first + count - 1 - policy.first_range_id) / RANGE_SIZE),
  );
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => slot(from + i));
}
