/**
 * Decides how an account goes, whatever parts of it there are: the part of plan-account.ts that is about
 * accounts that should not exist. Pure. Nothing may be left that nobody looks for any more.
 */
import { type AccountType, type EpochSeconds, epochSeconds, isoTime } from '@nodemgr/records';
import { ours, type Reason } from '../desired/reasons.ts';
import {
  isObservedSliver,
  type KeptSliver,
  type ObservedAccount,
  type ObservedDelegate,
  type ObservedSliver,
  UNDATED,
} from '../observed/observed-account.ts';
import type { AccountIds } from '../slots/account-ids.ts';
import type { AccountPlan, Circumstances, ReasonedStep, Target } from './account-plan.ts';
import { stepsNeeded, USER_GONE } from './steps-needed.ts';

type Removal = Extract<Target, { readonly wanted: 'nothing' }>;

const NOTHING: AccountPlan = { steps: [] };

/** Whether the time of the removal is not known: the clock was not trusted, or it was ahead of what is trusted now. */
function isUndated({ since }: Pick<KeptSliver, 'since'>, now: EpochSeconds): boolean {
  return since === UNDATED || since > now;
}

/**
 * dueTime returns when a trusted clock has something to do about a removed sliver's files (seconds since
 * 1970): they may be purged, or, where the time of the removal is not known, they are dated.
 */
function dueTime(kept: KeptSliver, now: EpochSeconds, keepSeconds: number): number {
  return isUndated(kept, now) ? 0 : kept.since + keepSeconds;
}

/** sinceText returns the time of a removal for people. */
export const sinceText = (since: EpochSeconds): string =>
  since === UNDATED ? 'a time when the clock was not trusted' : isoTime(since);

const byClock = (why: string): Reason => ({ why, by: { kind: 'clock' } });
const PURGE_CUT_SHORT = ours('a purge was cut short, and nobody comes back to what it left');

function undatedReason(since: EpochSeconds): Reason {
  const from = since === UNDATED ? sinceText(since) : `${sinceText(since)}, which is to come`;
  return byClock(`its files are kept since ${from}: their time begins now`);
}

function purgeReason(since: EpochSeconds, forgottenBy: Circumstances['forgottenBy']): Reason {
  const kept = `kept since ${sinceText(since)}`;
  if (forgottenBy === undefined) return byClock(`${kept}, and their time is over`);
  return { why: `${kept}, and to be forgotten now`, by: forgottenBy };
}

/**
 * Kept files go when an operator has them forgotten, and when their time is over by a clock that is trusted (an expiry, like a record's). What is
 * not whole goes at once: nobody comes back to it; and so does everything where nothing is kept.
 */
function planKept(kept: KeptSliver, circumstances: Circumstances): AccountPlan {
  const { now, clockTrusted, keepSeconds, forgottenBy } = circumstances;
  const { since } = kept;
  const reason = kept.image === undefined ? PURGE_CUT_SHORT : purgeReason(since, forgottenBy);
  const purge: AccountPlan = { steps: [{ step: { step: 'purge-files', since }, reason }] };
  if (kept.image === undefined || keepSeconds === 0 || forgottenBy !== undefined) return purge;
  const later: AccountPlan = { steps: [], purgeAt: dueTime(kept, now, keepSeconds) };
  if (!clockTrusted) return later;
  if (isUndated(kept, now)) {
    const step = { step: 'date-files', from: since, since: now } as const;
    return { steps: [{ step, reason: undatedReason(since) }] };
  }
  return now < since + keepSeconds ? later : purge;
}

/** A user that userdel(8) deleted by half is made again to be deleted; an id of somebody else's is left alone. */
function userRemoval(
  type: AccountType,
  have: ObservedSliver | ObservedDelegate,
  ids: AccountIds,
  reason: Reason,
): readonly ReasonedStep[] {
  const remade = have.user === 'half-removed' && have.idTakenBy === undefined;
  const exists = remade || have.user === 'whole' || have.user === 'half-made';
  return stepsNeeded([
    [remade, USER_GONE, () => ({ step: 'create-user', type, ids, range: false, login: false })],
    [true, reason, () => ({ step: 'remove-user', type, ids: exists ? ids : undefined })],
  ]);
}

const removalTime = ({ now, clockTrusted }: Circumstances): EpochSeconds =>
  clockTrusted ? now : UNDATED;

/** The container ends, and of its files those that are whole are kept. */
function containerRemoval(
  have: ObservedSliver,
  circumstances: Circumstances,
  reason: Reason,
): readonly ReasonedStep[] {
  const { project } = circumstances.idsOf(have.slot);
  const since = removalTime(circumstances);
  return stepsNeeded([
    [have.state === 'running', reason, () => ({ step: 'stop-unit' })],
    [have.files.where === 'in-place', reason, () => ({ step: 'keep-files', since })],
    [have.halfMade, reason, () => ({ step: 'discard-files' })],
    [have.limits.diskQuota !== undefined, reason, () => ({ step: 'reset-disk-quota', project })],
  ]);
}

function planSliverRemoval(
  have: ObservedSliver,
  circumstances: Circumstances,
  reason: Reason,
): AccountPlan {
  return {
    steps: [
      ...stepsNeeded([[have.keys !== undefined, reason, () => ({ step: 'remove-keys' })]]),
      ...containerRemoval(have, circumstances, reason),
      ...userRemoval('sliver', have, circumstances.idsOf(have.slot), reason),
    ],
  };
}

/** What becomes of an expired sliver's account: it stays for as long as its files are kept, to say so at a login. */
export interface Retirement {
  /** When its record was found to have expired. */
  readonly expirySeenAt: EpochSeconds;
  /** When its files are purged. */
  readonly filesUntil: EpochSeconds;
}

/**
 * retirementOf returns the retirement of a sliver. Undefined: its account goes at once, as one does whose record has
 * gone for another reason, which has no files to come back to, which nobody could log in to, or which an operator
 * has forgotten. A clock that is not
 * trusted ends no retirement, and begins none.
 */
export function retirementOf(
  { expirySeenAt }: Removal,
  have: ObservedSliver,
  circumstances: Circumstances,
): Retirement | undefined {
  const { now, clockTrusted, keepSeconds, forgottenBy } = circumstances;
  const { files, keys, user } = have;
  if (forgottenBy !== undefined) return undefined;
  if (expirySeenAt === undefined || user !== 'whole' || keys === undefined) return undefined;
  if (files.where === 'none') return undefined;
  const since = files.where === 'kept' ? files.since : removalTime(circumstances);
  if (since === UNDATED || (clockTrusted && isUndated({ since }, now))) return undefined;
  const filesUntil = epochSeconds(since + keepSeconds);
  return clockTrusted && filesUntil <= now ? undefined : { expirySeenAt, filesUntil };
}

/**
 * planRetirement returns the steps that leave kept files of an expired sliver, and an account that lets nobody in;
 * undefined: nothing of the account is to stay.
 */
export function planRetirement(
  target: Removal,
  observed: ObservedAccount,
  circumstances: Circumstances,
): AccountPlan | undefined {
  if (!isObservedSliver(observed)) return undefined;
  const retirement = retirementOf(target, observed, circumstances);
  if (retirement === undefined) return undefined;
  const { reason } = target;
  const ids = circumstances.idsOf(observed.slot);
  return {
    steps: [
      ...stepsNeeded([[observed.login, reason, () => ({ step: 'deny-login' })]]),
      ...containerRemoval(observed, circumstances, reason),
      ...stepsNeeded([[observed.range, reason, () => ({ step: 'free-id-range', ids })]]),
    ],
    purgeAt: retirement.filesUntil,
  };
}

function planDelegateRemoval(
  have: ObservedDelegate,
  { idsOf }: Circumstances,
  reason: Reason,
): AccountPlan {
  return {
    steps: [
      ...stepsNeeded([[have.keys !== undefined, reason, () => ({ step: 'remove-keys' })]]),
      ...userRemoval('delegate', have, idsOf(have.slot), reason),
    ],
  };
}

/**
 * planRemoval returns the steps after which nothing is left of an account but its kept files, and those for
 * their time; `reason` is why it goes.
 */
export function planRemoval(
  observed: ObservedAccount,
  circumstances: Circumstances,
  reason: Reason,
): AccountPlan {
  switch (observed.state) {
    case 'absent':
    case 'foreign':
      return NOTHING;
    case 'kept':
      return planKept(observed, circumstances);
    case 'delegate':
      return planDelegateRemoval(observed, circumstances, reason);
    case 'stopped':
    case 'running':
      return planSliverRemoval(observed, circumstances, reason);
  }
}
