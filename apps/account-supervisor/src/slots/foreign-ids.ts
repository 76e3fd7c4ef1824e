/** Which ids of our slots somebody else on this machine uses, by the users and ranges that there are. Pure. */
import { type IdPolicy, type Slot, slotOfUid, slotsOfRange } from './account-ids.ts';

export interface ForeignIds {
  /** Slots whose user id somebody else has: nobody gets them. */
  readonly uids: ReadonlySet<Slot>;
  /** Slots of whose id range somebody else has a part: no sliver gets them; a delegate has no use for the range. */
  readonly ranges: ReadonlySet<Slot>;
  /** The holders of most of the ranges, for people, the largest first: file, line, owner. */
  readonly takers: readonly string[];
}

export const NO_FOREIGN_IDS: ForeignIds = { uids: new Set(), ranges: new Set(), takers: [] };

/** A range of subordinate ids: `first` and `count`. */
export interface SubordinateRange {
  readonly owner: string;
  readonly first: number;
  readonly count: number;
  /** Where it is registered, for people: `/etc/subuid line 3`. */
  readonly where: string;
}

/** Takers that are named to people who wonder where the ranges have gone. */
const NAMED = 3;

function takersIn(slots: ReadonlyMap<SubordinateRange, number>): readonly string[] {
  return [...slots]
    .sort(([, a], [, b]) => b - a)
    .slice(0, NAMED)
    .map(([{ where, owner, first, count }, taken]) => {
      return `${where}, ${owner}:${first}:${count}, takes ${taken}`;
    });
}

/** foreignIds returns the ids among `users` and `ranges` that are used by anyone but whom `holderOf` says to hold their slots. */
export function foreignIds(
  users: Iterable<{ readonly name: string; readonly uid: number }>,
  ranges: Iterable<SubordinateRange>,
  holderOf: (place: Slot) => string | undefined,
  policy: IdPolicy,
): ForeignIds {
  const ids = { uids: new Set<Slot>(), ranges: new Set<Slot>() };
  for (const { name, uid } of users) {
    const place = slotOfUid(uid, policy);
    if (place !== undefined && holderOf(place) !== name) ids.uids.add(place);
  }
  const takers = new Map<SubordinateRange, number>();
  for (const range of ranges) {
    const places = slotsOfRange(range.first, range.count, policy);
    const taken = places.filter((place) => holderOf(place) !== range.owner);
    for (const place of taken) ids.ranges.add(place);
    if (taken.length > 0) takers.set(range, taken.length);
  }
  return { ...ids, takers: takersIn(takers) };
}
