/**
 * Decides how a sliver's account is made and changed: the part of plan-account.ts that is about slivers
 * that should exist. Pure.
 */
import type { ImageVersion } from '@nodemgr/images';
import type { DesiredSliver } from '../desired/desired-account.ts';
import { calledFor, ours, type Reason } from '../desired/reasons.ts';
import { isUnset, type Limits, ofUnit, UNIT_LIMITS, unlike } from '../limits/table.ts';
import {
  filesOf,
  isObservedSliver,
  isUnfinished,
  newSliver,
  type ObservedAccount,
  type ObservedSliver,
} from '../observed/observed-account.ts';
import type { AccountIds } from '../slots/account-ids.ts';
import type { ReasonedStep } from './account-plan.ts';
import type { StepOf, StopTold } from './account-steps.ts';
import { stepsNeeded, USER_GONE, USER_HALF_MADE } from './steps-needed.ts';

const FILES_HALF_MADE = ours('its files were made by half, and whole ones come back');

/** The steps that clear the way: logins are refused, and a unit stops that should not run or has no files. */
function clearing(wanted: DesiredSliver, have: ObservedSliver): readonly ReasonedStep[] {
  const { stopReason } = wanted;
  const mayStay = wanted.run && have.files.where === 'in-place';
  const isOld = mayStay && have.starts < wanted.recreated;
  const stop = have.state === 'running' && (!mayStay || isOld);
  const reason = isOld ? calledFor('ReCreate') : stopReason;
  return stepsNeeded([
    [have.login && !wanted.login, stopReason, () => ({ step: 'deny-login' })],
    [stop, reason, () => ({ step: 'stop-unit' })],
  ]);
}

/** Keys that are no more so: whoever holds one may not call Start and Stop with it for as long as something else fails. */
function keysReplaced({ keys, reason }: DesiredSliver, have: ObservedSliver) {
  const isOld = have.keys !== undefined && have.keys !== keys.digest;
  return stepsNeeded([[isOld, reason, () => ({ step: 'install-keys', keys })]]);
}

/** planMeanwhile returns the steps for a sliver that cannot be brought in line now: what is no more allowed ends. */
export function planMeanwhile(
  wanted: DesiredSliver,
  have: ObservedSliver,
): readonly ReasonedStep[] {
  const { run, login, stopReason } = wanted;
  return [
    ...stepsNeeded([
      [have.login && !login, stopReason, () => ({ step: 'deny-login' })],
      [have.state === 'running' && !run, stopReason, () => ({ step: 'stop-unit' })],
    ]),
    ...keysReplaced(wanted, have),
  ];
}

/** The reason for a part that is missing: it has gone where the account was made once, else it is part of making it. */
type IfGone = (what: string) => Reason;

function filesFor(
  { reason }: DesiredSliver,
  { files, halfMade }: ObservedSliver,
  ids: AccountIds,
  image: ImageVersion,
  ifGone: IfGone,
): readonly ReasonedStep[] {
  switch (files.where) {
    case 'in-place':
      return [];
    case 'kept':
      return stepsNeeded([
        [halfMade, FILES_HALF_MADE, () => ({ step: 'discard-files' })],
        [true, reason, () => ({ step: 'restore-files', since: files.since })],
      ]);
    case 'none': {
      const { base, project } = ids;
      const step = { step: 'create-filesystem', base, project, image } as const;
      return [{ step, reason: ifGone('its files had gone') }];
    }
  }
}

/** The foundation of a sliver is laid before it is started. */
function foundation(
  wanted: DesiredSliver,
  have: ObservedSliver,
  ids: AccountIds,
  image: ImageVersion,
  ifGone: IfGone,
): readonly ReasonedStep[] {
  const { base, project } = ids;
  const { initscript, keys, reason } = wanted;
  const { diskQuota: quota } = wanted.limits;
  const isOtherQuota = have.limits.diskQuota !== quota;
  return [
    ...keysReplaced(wanted, have),
    ...stepsNeeded([
      [!have.range, ifGone('its id range had gone'), () => ({ step: 'set-id-range', base })],
    ]),
    ...filesFor(wanted, have, ids, image, ifGone),
    ...stepsNeeded([
      [
        isOtherQuota || have.inodesDiffer === true,
        isOtherQuota ? reason : ours('as its disk quota has it'),
        () => ({ step: 'set-disk-quota', project, quota }),
      ],
      [
        have.initscript !== initscript.digest,
        reason,
        () => ({ step: 'install-initscript', initscript }),
      ],
      [have.keys === undefined, reason, () => ({ step: 'install-keys', keys })],
      [!have.unit, reason, () => ({ step: 'write-unit', base, image })],
    ]),
  ];
}

/** A stopped sliver gets its limits when it starts; of one whose control group cannot be read nothing is known to differ. */
function limitsToSet(have: ObservedSliver, stopped: boolean, wanted: Limits): Limits {
  return stopped || isUnset(have.limits) ? {} : unlike(have.limits, wanted);
}

/** A change of what all share need not be of the sliver's own record. */
function reasonForLimits(limits: Limits, { reason }: DesiredSliver): Reason {
  const isOwn = UNIT_LIMITS.some(([name, limit]) => name in limits && 'wanted' in limit);
  return isOwn ? reason : ours('what all slivers share is divided anew');
}

/** The reason for the start of a sliver that was found as `observed`. */
function reasonToStart(wanted: DesiredSliver, observed: ObservedAccount): Reason {
  const { starts, recreated, reason, resumeReason } = wanted;
  if (!isObservedSliver(observed) || !observed.login) return reason;
  if (recreated > observed.starts) return calledFor('ReCreate');
  if (starts > observed.starts) return calledFor('Start');
  return resumeReason ?? ours('it should run and did not');
}

/** The sliver coming up, with its limits; its logins when it runs. */
function raising(
  wanted: DesiredSliver,
  have: ObservedSliver,
  stopped: boolean,
  shared: Limits | undefined,
  startReason: Reason,
): readonly ReasonedStep[] {
  const { starts, reason } = wanted;
  const all = { ...wanted.limits, ...shared };
  const limits = limitsToSet(have, stopped, all);
  return stepsNeeded([
    [
      Object.keys(limits).length > 0,
      reasonForLimits(limits, wanted),
      () => ({ step: 'set-limits', limits }),
    ],
    [
      wanted.run && stopped,
      startReason,
      () => ({ step: 'start-unit', starts, limits: ofUnit(all) }),
    ],
    [
      wanted.run && !stopped && starts > have.starts,
      calledFor('Start'),
      () => ({ step: 'run-start-scripts', starts }),
    ],
    [wanted.login && !have.login, reason, () => ({ step: 'allow-login' })],
  ]);
}

const ABOUT_TO_STOP: Reason = { why: 'leases are about to stop it', by: { kind: 'clock' } };
const NOT_TO_STOP: Reason = { why: 'leases stop it no more', by: { kind: 'clock' } };

/** What tenants of a sliver that runs on for now are told of its stop. */
function telling(
  { run, stopAhead }: DesiredSliver,
  have: ObservedSliver,
  { base }: AccountIds,
  by: readonly StopTold[],
): readonly ReasonedStep[] {
  if (!run || have.state !== 'running' || stopAhead === 'unknown') return [];
  if (stopAhead === 'none') {
    const isTold = have.toldOf !== undefined;
    return stepsNeeded([[isTold, NOT_TO_STOP, () => ({ step: 'untell-stop' })]]);
  }
  const { at, left } = stopAhead;
  return stepsNeeded([
    [have.toldOf !== at, ABOUT_TO_STOP, () => ({ step: 'tell-stop', at, left, base, by })],
  ]);
}

/** The sliver as it is when its user, made by half, has been discarded. */
function withoutHalfMadeUser(have: ObservedSliver): ObservedSliver {
  return have.user === 'half-made' ? { ...have, user: 'none', range: false, login: false } : have;
}

/** The sliver as it is once its user has been made: logins are refused by its shell until it runs. */
function withUser(
  wanted: DesiredSliver,
  have: ObservedSliver,
  { range }: StepOf<'create-user'>,
): ObservedSliver {
  return { ...have, range: have.range || range, login: wanted.login };
}

/** The user that is missing. A range of which something may be registered already is added to the user later. */
function userFor(
  wanted: DesiredSliver,
  have: ObservedSliver | undefined,
  ids: AccountIds,
): StepOf<'create-user'> | undefined {
  if (have?.user === 'whole') return undefined;
  const range = have === undefined || (have.user === 'none' && !have.range);
  return { step: 'create-user', type: 'sliver', ids, range, login: wanted.login };
}

/**
 * planSliver returns the steps that bring a sliver's account in line, whatever parts of it there are; new
 * files are made on `image`, and tenants are told of a stop by `tellBy`. A running sliver is stopped only if it
 * should not run, lacks what it stands on, or was started before the last ReCreate.
 */
export function planSliver(
  wanted: DesiredSliver,
  observed: ObservedAccount,
  ids: AccountIds,
  image: ImageVersion,
  shared: Limits | undefined,
  tellBy: readonly StopTold[],
): readonly ReasonedStep[] {
  const exists = isObservedSliver(observed);
  const found = exists ? observed : newSliver(ids.slot, filesOf(observed));
  const cleaned = withoutHalfMadeUser(found);
  const user = userFor(wanted, exists ? cleaned : undefined, ids);
  const have = user === undefined ? cleaned : withUser(wanted, cleaned, user);
  const cleared = clearing(wanted, cleaned);
  const stopped = have.state === 'stopped' || cleared.some(({ step }) => step.step === 'stop-unit');
  const ifGone: IfGone = (what) => (isUnfinished(observed) ? wanted.reason : ours(what));
  const userReason = exists ? USER_GONE : wanted.reason;
  return [
    ...stepsNeeded([[cleaned !== found, USER_HALF_MADE, () => ({ step: 'discard-user' })]]),
    ...cleared,
    ...(user === undefined ? [] : [{ step: user, reason: userReason }]),
    ...foundation(wanted, have, ids, image, ifGone),
    ...raising(wanted, have, stopped, shared, reasonToStart(wanted, observed)),
    ...(stopped ? [] : telling(wanted, have, ids, tellBy)),
  ];
}
