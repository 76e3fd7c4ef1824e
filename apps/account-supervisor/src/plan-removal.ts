/**
 * Decides how an account goes, whatever parts of it there are: the part of plan-account.ts that is about
 * accounts that should not exist. Pure. Nothing may be left that nobody looks for any more.
 */
import type { AccountType } from '@nodemgr/records';
import type { AccountIds } from './account-ids.ts';
import type { AccountPlan, Circumstances } from './account-plan.ts';
import type { AccountStep } from './account-steps.ts';
import type {
  KeptSliver,
  ObservedAccount,
  ObservedDelegate,
  ObservedSliver,
} from './observed-account.ts';
import { stepsNeeded } from './steps-needed.ts';

const NOTHING: AccountPlan = { steps: [] };

/** purgeTime returns when a removed sliver's files may go (seconds); what is not whole, at any time. */
export function purgeTime(kept: KeptSliver, keepSeconds: number): number {
  return kept.image === undefined ? 0 : kept.since + keepSeconds;
}

function planKept(kept: KeptSliver, { now, keepSeconds }: Circumstances): AccountPlan {
  if (now < purgeTime(kept, keepSeconds)) return NOTHING;
  return { steps: [{ step: 'purge-files', since: kept.since }] };
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
    [remade, () => ({ step: 'create-user', type, ids })],
    [true, () => ({ step: 'remove-user', type, ids: exists ? ids : undefined })],
  ]);
}

function planSliverRemoval(have: ObservedSliver, { now, idsOf }: Circumstances): AccountPlan {
  const ids = idsOf(have.slot);
  const { project } = ids;
  return {
    steps: [
      ...stepsNeeded([
        [have.login, () => ({ step: 'deny-login' })],
        [have.state === 'running', () => ({ step: 'stop-unit' })],
        [have.files.where === 'in-place', () => ({ step: 'keep-files', since: now })],
        [have.halfMade, () => ({ step: 'discard-files' })],
        [have.diskQuota !== undefined, () => ({ step: 'reset-disk-quota', project })],
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
