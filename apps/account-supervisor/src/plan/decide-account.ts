/**
 * Judges one account and plans for it: what the feed says, what is observed, and which slot and weight
 * the account has. Takes slots from the table that it is given; does nothing else.
 */
import type { FeedSubscription } from '@nodemgr/bus';
import type { Config } from '@nodemgr/config';
import type { AccountName, AccountType } from '@nodemgr/records';
import { judgeAccount, type Verdict } from '../desired/desired-account.ts';
import type { SharedLimits } from '../limits/shared-limits.ts';
import type { ObservedAccount } from '../observed/observed-account.ts';
import { type AccountIds, idsOf } from '../slots/account-ids.ts';
import type { SlotTable } from '../slots/slot-table.ts';
import type { PurgeClock } from '../waits/purge-watch.ts';
import type { AccountPlan, Circumstances, Target } from './account-plan.ts';
import { planAccount } from './plan-account.ts';

/** What decisions are made from. */
export interface Grounds {
  readonly feed: Pick<FeedSubscription, 'items' | 'position'>;
  readonly bootId: string;
  readonly accounts: Config['accounts'];
  readonly slots: SlotTable;
  readonly shared: Pick<SharedLimits, 'amountsOf' | 'howOf'>;
  readonly newestImage: Circumstances['newestImage'];
  /** The time, and whether it is trusted. */
  readonly clock: ReturnType<PurgeClock['look']>;
}

export interface Decision {
  readonly verdict: Verdict;
  readonly plan: AccountPlan;
}

const NOTHING_HEARD: Verdict = {
  verdict: 'withheld',
  reason: 'nothing has been heard from db-service yet',
};

function circumstancesOf({ accounts, slots, clock, newestImage }: Grounds): Circumstances {
  return {
    ...clock,
    keepSeconds: accounts.keep_files_seconds,
    idsOf: (slot) => idsOf(slot, accounts),
    newestImage,
    noSlot: (type) => slots.whyNone(type),
  };
}

function idsFor(
  name: AccountName,
  type: AccountType,
  { slots, accounts }: Grounds,
): AccountIds | undefined {
  const slot = slots.claim(name, type);
  return slot === undefined ? undefined : idsOf(slot, accounts);
}

function targetOf(
  name: AccountName,
  verdict: Verdict,
  observed: ObservedAccount,
  grounds: Grounds,
): Target {
  if (verdict.verdict === 'withheld') return { wanted: 'unchanged' };
  if (verdict.verdict === 'goes') return { wanted: 'nothing' };
  const { desired: wanted } = verdict;
  return {
    wanted,
    ids: observed.state === 'foreign' ? undefined : idsFor(name, wanted.type, grounds),
    shared: grounds.shared.amountsOf(name),
  };
}

/** judge says what is to become of `name`: nothing at all before the feed has spoken. */
export function judge(name: AccountName, observed: ObservedAccount, grounds: Grounds): Verdict {
  const { feed, bootId } = grounds;
  if (feed.position.state === 'waiting') return NOTHING_HEARD;
  return judgeAccount(name, observed, feed.items, bootId);
}

/** decideAccount judges `name` and plans what is to be done about it. */
export function decideAccount(
  name: AccountName,
  observed: ObservedAccount,
  grounds: Grounds,
): Decision {
  const verdict = judge(name, observed, grounds);
  const target = targetOf(name, verdict, observed, grounds);
  return { verdict, plan: planAccount(target, observed, circumstancesOf(grounds)) };
}
