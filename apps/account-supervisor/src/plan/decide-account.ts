/**
 * Judges one account and plans for it: what the feed says, what is observed, and which slot and weight
 * the account has. Pure: what it decides beside steps is in the decision, for the caller to do.
 */
import type { FeedSubscription } from '@nodemgr/bus';
import type { Config } from '@nodemgr/config';
import type { EventAuthor, Failure, Unmet } from '@nodemgr/contracts';
import { type AccountName, type Revision, recordKeyOf } from '@nodemgr/records';
import { type DesiredAccount, judgeAccount, type Verdict } from '../desired/desired-account.ts';
import { ours } from '../desired/reasons.ts';
import { type Ahead, judgeStopAhead, type LeasesHere } from '../desired/stop-ahead.ts';
import type { SharedLimits } from '../limits/shared-limits.ts';
import { type Limits, unlike } from '../limits/table.ts';
import type { ObservedAccount } from '../observed/observed-account.ts';
import { idsOf, type Slot } from '../slots/account-ids.ts';
import type { SlotTable } from '../slots/slot-table.ts';
import type { WatchedClock } from '../waits/due-watch.ts';
import type { AccountPlan, Circumstances, ReasonedStep, Target } from './account-plan.ts';
import { planAccount } from './plan-account.ts';
import { stepsNeeded } from './steps-needed.ts';

/** All that decisions are made from. */
export interface Grounds {
  readonly feed: Pick<FeedSubscription, 'items' | 'position'>;
  readonly bootId: string;
  readonly accounts: Config['accounts'];
  readonly leases: Config['leases'];
  readonly leasesHere: LeasesHere;
  readonly slots: Pick<SlotTable, 'slotFor' | 'whyNone'>;
  readonly shared: Pick<SharedLimits, 'amountsOf' | 'howOf' | 'sums'>;
  /** What the slices above the slivers have now. */
  readonly slices: Limits;
  readonly newestImage: Circumstances['newestImage'];
  readonly noRoom: Circumstances['noRoom'];
  /** How the last attempt on an account failed; undefined: it did not. */
  readonly failureOf: (name: AccountName) => Failure | undefined;
  /** Who has what is kept of an account forgotten; undefined: nobody. */
  readonly forgottenBy: (name: AccountName) => EventAuthor | undefined;
  /** The time, and whether it is trusted. */
  readonly clock: ReturnType<WatchedClock['look']>;
}

/** A step with all that led to it. */
export interface DecidedStep extends ReasonedStep {
  /** The account as it was when the plan was made. */
  readonly before: ObservedAccount;
  /** The feed's revision that it was decided by. */
  readonly revision: Revision | undefined;
}

/** All that is to be done about one account. */
export interface Decision extends AccountPlan<DecidedStep> {
  /** The slot that it is to hold from now on; `none`: it gives up the one that it holds. Absent: as it is. */
  readonly slot?: Slot | 'none';
}

const NOTHING_HEARD: Verdict = {
  verdict: 'withheld',
  reason: 'nothing has been heard from db-service yet',
};

/** What is withheld or deferred has not been attempted. */
const isAttempt = (failure: Failure | undefined): boolean =>
  failure?.outcome === 'failing' || failure?.outcome === 'blocked';

function circumstancesOf(name: AccountName, grounds: Grounds): Circumstances {
  const { accounts, leases, slots, clock, newestImage, noRoom } = grounds;
  const failure = grounds.failureOf(name);
  return {
    name,
    ...clock,
    lastFailure: isAttempt(failure) ? failure : undefined,
    keepSeconds: accounts.keep_files_seconds,
    forgottenBy: grounds.forgottenBy(name),
    idsOf: (slot) => idsOf(slot, accounts),
    newestImage,
    noRoom,
    tellBy: leases.warn_by,
    noSlot: (type) => slots.whyNone(type),
  };
}

/** The slot that the account needs; undefined: it needs none, or none is free. */
function slotNeeded(
  name: AccountName,
  verdict: Verdict,
  observed: ObservedAccount,
  { slots }: Grounds,
): Slot | undefined {
  if (verdict.verdict !== 'exists' || observed.state === 'foreign') return undefined;
  return slots.slotFor(name, verdict.desired.type);
}

/** The account with what its tenants are to be told. */
function withAhead(desired: DesiredAccount, ahead: Ahead): DesiredAccount {
  if (desired.type !== 'sliver' || ahead === 'none') return desired;
  if (ahead === 'unknown') return { ...desired, stopAhead: ahead };
  return 'stop' in ahead ? { ...desired, stopAhead: ahead.stop } : desired;
}

function targetOf(
  name: AccountName,
  verdict: Verdict,
  slot: Slot | undefined,
  ahead: Ahead,
  { accounts, shared }: Grounds,
): Target {
  if (verdict.verdict === 'withheld') return { wanted: 'unchanged' };
  if (verdict.verdict === 'goes') {
    const { reason, expirySeenAt } = verdict;
    return { wanted: 'nothing', reason, expirySeenAt };
  }
  return {
    wanted: withAhead(verdict.desired, ahead),
    ids: slot === undefined ? undefined : idsOf(slot, accounts),
    shared: shared.amountsOf(name),
  };
}

/** The part of the verdict that cannot be had at all, or not now. */
function unmetBy(verdict: Verdict): Unmet | undefined {
  if (verdict.verdict === 'withheld') {
    return { outcome: 'withheld', action: 'remove', reason: verdict.reason };
  }
  if (verdict.verdict !== 'exists' || verdict.shadowed === undefined) return undefined;
  return { outcome: 'withheld', action: 'create', reason: verdict.shadowed };
}

/** A change that waits for a next start is the least of what can be said. */
function withVerdict(plan: AccountPlan, verdict: Verdict): AccountPlan {
  const unmet = unmetBy(verdict);
  if (unmet === undefined) return plan;
  if (plan.unmet !== undefined && plan.unmet.outcome !== 'deferred') return plan;
  return verdict.verdict === 'withheld'
    ? { ...plan, unmet, waitsFor: 'no-document' }
    : { ...plan, unmet };
}

/** judge returns the verdict on `name`: nothing may be done to it before the first snapshot of the feed. */
export function judge(name: AccountName, observed: ObservedAccount, grounds: Grounds): Verdict {
  const { feed, bootId } = grounds;
  if (feed.position.state === 'waiting') return NOTHING_HEARD;
  return judgeAccount(name, observed, feed.items, bootId);
}

const SUMMED_UP = ours('what all slivers keep is summed up for the slices above them');

/** What the slices lack, whichever sliver that runs, or will run by now, comes first to see it. */
function slicesNeeded(
  own: readonly ReasonedStep[],
  observed: ObservedAccount,
  { feed, shared, slices }: Grounds,
): readonly ReasonedStep[] {
  if (feed.position.state === 'waiting') return [];
  // Without one the slices have no control group that could be read back.
  const runs = observed.state === 'running' || own.some(({ step }) => step.step === 'start-unit');
  if (!runs) return [];
  const limits = shared.sums();
  const differ = Object.keys(unlike(slices, limits)).length > 0;
  return stepsNeeded([[differ, SUMMED_UP, () => ({ step: 'set-slices', limits })]]);
}

/** decideAccount judges `name` and plans what is to be done about it. */
export function decideAccount(
  name: AccountName,
  observed: ObservedAccount,
  grounds: Grounds,
): Decision {
  const verdict = judge(name, observed, grounds);
  const slot = slotNeeded(name, verdict, observed, grounds);
  const { feed, leases: terms, leasesHere: here, clock } = grounds;
  const item = feed.items.get(recordKeyOf('sliver', name));
  const ahead = judgeStopAhead(item, { here, terms, clock });
  const target = targetOf(name, verdict, slot, ahead, grounds);
  const planned = withVerdict(
    planAccount(target, observed, circumstancesOf(name, grounds)),
    verdict,
  );
  const { revision } = feed.position;
  // Last: should it fail, the sliver has all that is its own.
  const reasoned = [...planned.steps, ...slicesNeeded(planned.steps, observed, grounds)];
  const steps = reasoned.map((step) => ({ ...step, before: observed, revision }));
  const later = typeof ahead === 'object' && 'later' in ahead ? { tellAt: ahead.later } : {};
  const plan: Decision = { ...planned, steps, ...later };
  if (slot !== undefined) return { ...plan, slot };
  const isGone = observed.state === 'absent' && verdict.verdict === 'goes';
  return isGone || observed.state === 'foreign' ? { ...plan, slot: 'none' } : plan;
}
