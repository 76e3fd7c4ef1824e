/** Decides what a look at a sliver adds to its history: counters begin anew with each start and each boot. Pure. */
import { AMOUNT_NAMES, PERIOD_AMOUNTS, type PeriodAmounts } from '@nodemgr/contracts';
import type { AccountName } from '@nodemgr/records';

/** What a look found of one sliver. */
export interface SliverLook {
  readonly name: AccountName;
  /** Names the counters: those of another era began at 0. Where it cannot be known, a counter that went back did. */
  readonly era: string;
  /** Counts since the era began, and levels now. */
  readonly amounts: PeriodAmounts;
}

/** What was last seen of a sliver, and is in its history. */
export type Seen = Pick<SliverLook, 'era' | 'amounts'>;

/** What is known of the time before a look at a sliver that was never seen. */
export type Before =
  /** The others were looked at: it has begun since, and all that it has counted is new. */
  | 'watched'
  /** Nobody looked: what it has counted may be of any day. */
  | 'unwatched';

/**
 * useAdded returns the amounts of a look that belong into the history: of a count what is new since `seen`, of a
 * level the amount. No amount is below 0, and no use is in two looks.
 */
export function useAdded(look: SliverLook, seen: Seen | undefined, before: Before): PeriodAmounts {
  const added: PeriodAmounts = {};
  for (const name of AMOUNT_NAMES) {
    const is = look.amounts[name];
    if (is === undefined) continue;
    if (PERIOD_AMOUNTS[name].kind === 'level') added[name] = is;
    else if (seen === undefined) added[name] = before === 'watched' ? is : 0;
    else {
      const was = seen.era === look.era ? (seen.amounts[name] ?? 0) : 0;
      added[name] = is >= was ? is - was : is;
    }
  }
  return added;
}

/** seenAfter returns what has been seen after a look: a count that this one lacks is not forgotten. */
export function seenAfter({ era, amounts }: SliverLook, seen: Seen | undefined): Seen {
  return { era, amounts: seen?.era === era ? { ...seen.amounts, ...amounts } : amounts };
}
