/**
 * Decides what is to be done about one account: from what should be and what is, a list of steps.
 * Pure. Removals come before additions; carried out and planned again, nothing is left.
 */
import type { Unmet } from '@nodemgr/contracts';
import type { ImageVersion } from '@nodemgr/images';
import type { DesiredAccount, DesiredDelegate, DesiredSliver } from '../desired/desired-account.ts';
import { ours, type Reason } from '../desired/reasons.ts';
import type { Limits } from '../limits/table.ts';
import {
  filesOf,
  isObservedSliver,
  isUnfinished,
  type KeptSliver,
  type ObservedAccount,
  type ObservedDelegate,
  type ObservedSliver,
} from '../observed/observed-account.ts';
import type { AccountIds } from '../slots/account-ids.ts';
import { type AccountPlan, blocked, type Circumstances, type Target } from './account-plan.ts';
import { withLoginNote } from './plan-login-note.ts';
import { planRemoval, planRetirement } from './plan-removal.ts';
import { planMeanwhile, planSliver } from './plan-sliver.ts';
import { stepsNeeded, USER_GONE, USER_HALF_MADE } from './steps-needed.ts';

const NOTHING: AccountPlan = { steps: [] };
const ID_TAKEN: Reason = ours('its user id is somebody else’s by now');
const RANGE_TAKEN: Reason = ours('its id range is somebody else’s by now');

function planDelegate(
  wanted: DesiredDelegate,
  have: ObservedDelegate | undefined,
  ids: AccountIds,
): AccountPlan {
  const user = have?.user ?? 'none';
  const { reason, keys } = wanted;
  const isNew = have === undefined || isUnfinished(have);
  return {
    steps: stepsNeeded([
      [user === 'half-made', USER_HALF_MADE, () => ({ step: 'discard-user' })],
      [
        user !== 'whole',
        isNew ? reason : USER_GONE,
        () => ({ step: 'create-user', type: 'delegate', ids, range: false, login: true }),
      ],
      [have?.keys !== keys.digest, reason, () => ({ step: 'install-keys', keys })],
      [user === 'whole' && have?.login !== true, reason, () => ({ step: 'allow-login' })],
    ]),
  };
}

/** Whether what there is has to go before the account can be made. */
function isInTheWay(wanted: DesiredAccount, observed: ObservedAccount): boolean {
  if (observed.state === 'kept') return wanted.type === 'delegate' || observed.image === undefined;
  return wanted.type === 'delegate' ? isObservedSliver(observed) : observed.state === 'delegate';
}

/** An account in the way goes at once, kept files when their time is over. */
function planWayClear(
  { reason: { by } }: DesiredAccount,
  observed: ObservedAccount,
  circumstances: Circumstances,
): AccountPlan {
  const reason = { why: 'an account of the other type takes its name', by };
  const plan = planRemoval(observed, circumstances, reason);
  if (observed.state !== 'kept' || plan.steps.length > 0) return plan;
  const obstacle = 'the files of a removed sliver of that name are still kept';
  return { ...plan, ...blocked('files-kept', obstacle) };
}

/**
 * The account cannot have its user id back: what stands on it goes, so that it gets another slot. Only
 * files stay, which carry the ids of this one.
 */
function planElsewhere(
  wanted: DesiredAccount,
  observed: KeptSliver | ObservedDelegate | ObservedSliver,
  holder: string,
  circumstances: Circumstances,
): AccountPlan {
  const stays =
    wanted.type === 'sliver' && isObservedSliver(observed) && observed.files.where === 'in-place';
  const plan = stays
    ? { steps: planMeanwhile(wanted, observed) }
    : planRemoval(observed, circumstances, ID_TAKEN);
  if (plan.steps.length > 0) return plan;
  const reason = `its user id is that of ${holder} by now, and its files go with that id: give that user another`;
  return blocked('id-taken', reason);
}

/** Likewise where somebody else has ids of its range: only files keep it here, kept ones too. */
function planRangeTaken(
  wanted: DesiredSliver,
  have: ObservedSliver,
  holder: string,
  circumstances: Circumstances,
): AccountPlan {
  if (have.files.where === 'none') return planRemoval(have, circumstances, RANGE_TAKEN);
  const reason = `ids of its range are those of ${holder} by now, and its files go with them: give that owner others`;
  return { ...blocked('id-taken', reason), steps: planMeanwhile(wanted, have) };
}

function planParts(
  target: Target,
  observed: ObservedAccount,
  circumstances: Circumstances,
): AccountPlan {
  if (target.wanted === 'unchanged') return NOTHING;
  if (target.wanted === 'nothing') {
    const { reason } = target;
    return (
      planRetirement(target, observed, circumstances) ??
      planRemoval(observed, circumstances, reason)
    );
  }
  const { wanted, ids, shared } = target;
  if (observed.state === 'foreign') return blocked(observed.cause, observed.reason);
  if (isInTheWay(wanted, observed)) return planWayClear(wanted, observed, circumstances);
  if (observed.state !== 'absent' && observed.idTakenBy !== undefined) {
    return planElsewhere(wanted, observed, observed.idTakenBy, circumstances);
  }
  if (ids === undefined) return blocked('no-id-range', circumstances.noSlot(wanted.type));
  return wanted.type === 'delegate'
    ? planDelegate(wanted, observed.state === 'delegate' ? observed : undefined, ids)
    : planWantedSliver(wanted, observed, ids, { shared, circumstances });
}

/**
 * planAccount returns the steps that bring one account in line. What is in its way, such as an account
 * of the other type, is removed first; what takes its place is planned when it is gone.
 */
export function planAccount(
  target: Target,
  observed: ObservedAccount,
  circumstances: Circumstances,
): AccountPlan {
  const plan = planParts(target, observed, circumstances);
  return withLoginNote(plan, target, observed, circumstances);
}

interface SliverGround {
  readonly shared: Limits | undefined;
  readonly circumstances: Circumstances;
}

/** Files that exist stay on the image that they were made on: another one below them would be another machine. */
function planWantedSliver(
  wanted: DesiredSliver,
  observed: ObservedAccount,
  ids: AccountIds,
  { shared, circumstances }: SliverGround,
): AccountPlan {
  if (isObservedSliver(observed) && observed.rangeTakenBy !== undefined) {
    return planRangeTaken(wanted, observed, observed.rangeTakenBy, circumstances);
  }
  const heldUp = (...why: Parameters<typeof blocked>): AccountPlan => ({
    ...blocked(...why),
    steps: isObservedSliver(observed) ? planMeanwhile(wanted, observed) : [],
  });
  const files = filesOf(observed);
  const image = files.where === 'none' ? circumstances.newestImage(wanted.image) : files.image;
  if (image === undefined) {
    const reason = `image ${wanted.image} is not on this node: nmctl image import ${wanted.image} TARBALL`;
    return heldUp('image-missing', reason);
  }
  const { noRoom, tellBy } = circumstances;
  if (files.where === 'none' && noRoom !== undefined) return heldUp('disk-filled', noRoom);
  const steps = planSliver(wanted, observed, ids, image, shared, tellBy);
  if (wanted.run && steps.length === 0 && isObservedSliver(observed) && observed.ailing) {
    const unmet = { outcome: 'failing', action: 'run', reason: observed.ailing } as const;
    return { steps, unmet, waitsFor: 'unit-ends' };
  }
  const unmet = otherImage(wanted, image);
  return unmet === undefined ? { steps } : { steps, unmet };
}

function otherImage(wanted: DesiredSliver, image: ImageVersion): Unmet | undefined {
  if (nameOfImage(image) === wanted.image) return undefined;
  const reason = `image ${wanted.image} is asked for, and its files stand on ${image}: takes hold when they have been removed and the sliver is made anew`;
  return { outcome: 'deferred', action: 'change-image', reason };
}

const nameOfImage = (image: ImageVersion): string => image.slice(0, image.lastIndexOf('@'));
