/**
 * Decides how an account goes, whatever parts of it there are: the part of plan-account.ts that is about
 * accounts that should not exist. Pure. Nothing may be left that nobody looks for any more.
 */
import type { AccountType, EpochSeconds } from '@nodemgr/records';
import {
  type KeptSliver,
  type ObservedAccount,
  type ObservedDelegate,
  type ObservedSliver,
  UNDATED,
} from '../observed/observed-account.ts';
import type { AccountIds } from '../slots/account-ids.ts';
import type { AccountPlan, Circumstances } from './account-plan.ts';
import type { AccountStep } from './account-steps.ts';
import { stepsNeeded } from './steps-needed.ts';

const NOTHING: AccountPlan = { steps: [] };

/** Whether the time of the removal is not known: the clock was not trusted, or it was ahead of what is trusted now. */
function isUndated({ since }: KeptSliver, now: EpochSeconds): boolean {
  return since === UNDATED || since > now;
}

/**
 * dueTime returns when a trusted clock has something to do about a removed sliver's files (seconds since
 * 1970): they may be purged, or, where the time of the removal is not known, they are dated.
 */
function dueTime(kept: KeptSliver, now: EpochSeconds, keepSeconds: number): number {
  return isUndated(kept, now) ? 0 : kept.since + keepSeconds;
}

/**
 * Kept files go when their time is over by a clock that is trusted (an expiry, like a record's). What is
 * not whole goes at once: nobody comes back to it; and so does everything where nothing is kept.
 */
function planKept(kept: KeptSliver, circumstances: Circumstances): AccountPlan {
  const { now, clockTrusted, keepSeconds } = circumstances;
  const purge: AccountPlan = { steps: [{ step: 'purge-files', since: kept.since }] };
  if (kept.image === undefined || keepSeconds === 0) return purge;
  const later: AccountPlan = { steps: [], purgeAt: dueTime(kept, now, keepSeconds) };
  if (!clockTrusted) return later;
  if (isUndated(kept, now)) {
    return { steps: [{ step: 'date-files', from: kept.since, since: now }] };
  }
  return now < kept.since + keepSeconds ? later : purge;
}

/** What userdel(8) has left by half can be deleted only with its user; an id of somebody else's is left alone. */
function userRemoval(
  type: AccountType,
  have: ObservedSliver | ObservedDelegate,
  ids: AccountIds,
): readonly AccountStep[] {
  const remade = have.user === 'half-removed' && have.idTakenBy === undefined;
  const exists = remade || have.user === 'whole' || have.user === 'half-made';
  return stepsNeeded([
    [remade, () => ({ step: 'create-user', type, ids, range: false, login: false })],
    [true, () => ({ step: 'remove-user', type, ids: exists ? ids : undefined })],
  ]);
}

function planSliverRemoval(have: ObservedSliver, circumstances: Circumstances): AccountPlan {
  const { now, clockTrusted, idsOf } = circumstances;
  const since = clockTrusted ? now : UNDATED;
  const ids = idsOf(have.slot);
  const { project } = ids;
  return {
    steps: [
      ...stepsNeeded([
        [have.login, () => ({ step: 'deny-login' })],
        [have.state === 'running', () => ({ step: 'stop-unit' })],
        [have.files.where === 'in-place', () => ({ step: 'keep-files', since })],
        [have.halfMade, () => ({ step: 'discard-files' })],
        [have.limits.diskQuota !== undefined, () => ({ step: 'reset-disk-quota', project })],
      ]),
      ...userRemoval('sliver', have, ids),
    ],
  };
}

function planDelegateRemoval(have: ObservedDelegate, { idsOf }: Circumstances): AccountPlan {
  return {
    steps: [
      ...stepsNeeded([[have.login, () => ({ step: 'deny-login' })]]),
      ...userRemoval('delegate', have, idsOf(have.slot)),
    ],
  };
}

/** planRemoval returns the steps after which nothing is left of an account but its kept files, and those for their time. */
export function planRemoval(observed: ObservedAccount, circumstances: Circumstances): AccountPlan {
  switch (observed.state) {
    case 'absent':
    case 'foreign':
      return NOTHING;
    case 'kept':
      return planKept(observed, circumstances);
    case 'delegate':
      return planDelegateRemoval(observed, circumstances);
    case 'stopped':
    case 'running':
      return planSliverRemoval(observed, circumstances);
  }
}
