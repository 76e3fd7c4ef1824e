/**
 * Decides how a sliver's account is made and changed: the part of plan-account.ts that is about slivers
 * that should exist. Pure.
 */
import type { ImageVersion } from '@nodemgr/images';
import type { DesiredSliver } from '../desired/desired-account.ts';
import { isUnset, type Limits, unlike } from '../limits/table.ts';
import {
  filesOf,
  isObservedSliver,
  newSliver,
  type ObservedAccount,
  type ObservedSliver,
} from '../observed/observed-account.ts';
import type { AccountIds } from '../slots/account-ids.ts';
import type { AccountStep, StepOf } from './account-steps.ts';
import { stepsNeeded } from './steps-needed.ts';

/** What is in the way: logins that are refused now, and a unit that should not run (or whose files are not there). */
function clearing(wanted: DesiredSliver, have: ObservedSliver): readonly AccountStep[] {
  const stop = have.state === 'running' && !(wanted.run && have.files.where === 'in-place');
  return stepsNeeded([
    [have.login && !wanted.login, () => ({ step: 'deny-login' })],
    [stop, () => ({ step: 'stop-unit' })],
  ]);
}

function filesFor(
  have: ObservedSliver,
  ids: AccountIds,
  image: ImageVersion,
): readonly AccountStep[] {
  const { files, halfMade } = have;
  switch (files.where) {
    case 'in-place':
      return [];
    case 'kept':
      return [
        ...stepsNeeded([[halfMade, () => ({ step: 'discard-files' })]]),
        { step: 'restore-files', since: files.since },
      ];
    case 'none':
      return [{ step: 'create-filesystem', base: ids.base, project: ids.project, image }];
  }
}

/** What a sliver stands on, made before it is started. */
function foundation(
  wanted: DesiredSliver,
  have: ObservedSliver,
  ids: AccountIds,
  image: ImageVersion,
) {
  const { base, project } = ids;
  const { initscript, keys } = wanted;
  const { diskQuota: quota } = wanted.limits;
  return [
    ...stepsNeeded([[!have.range, () => ({ step: 'set-id-range', base })]]),
    ...filesFor(have, ids, image),
    ...stepsNeeded([
      [
        have.limits.diskQuota !== quota || have.inodesDiffer === true,
        () => ({ step: 'set-disk-quota', project, quota }),
      ],
      [have.initscript !== initscript.digest, () => ({ step: 'install-initscript', initscript })],
      [have.keys !== keys.digest, () => ({ step: 'install-keys', keys })],
      [!have.unit, () => ({ step: 'write-unit', base, image })],
    ]),
  ];
}

/** Whose limits nobody has ever set, and which is not to run, has none. */
function limitsToSet(
  { limits }: DesiredSliver,
  have: ObservedSliver,
  shared: Limits | undefined,
): Limits {
  if (shared === undefined && isUnset(have.limits)) return {};
  return unlike(have.limits, { ...limits, ...shared });
}

/** The sliver coming up: its limits before it runs, its logins when it does. */
function raising(
  wanted: DesiredSliver,
  have: ObservedSliver,
  stopped: boolean,
  shared: Limits | undefined,
): readonly AccountStep[] {
  const { starts } = wanted;
  const limits = limitsToSet(wanted, have, shared);
  return [
    ...stepsNeeded([
      [Object.keys(limits).length > 0, () => ({ step: 'set-limits', limits })],
      [wanted.run && stopped, () => ({ step: 'start-unit', starts })],
      [
        wanted.run && !stopped && starts > have.starts,
        () => ({ step: 'run-start-scripts', starts }),
      ],
      [wanted.login && !have.login, () => ({ step: 'allow-login' })],
    ]),
  ];
}

/** What there is of a sliver when its user, made by half, has been discarded. */
function withoutHalfMadeUser(have: ObservedSliver): ObservedSliver {
  return have.user === 'half-made' ? { ...have, user: 'none', range: false, login: false } : have;
}

/** What there is of a sliver once its user has been made: logins are refused by its shell until it runs. */
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
 * files are made on `image`. A running sliver is stopped only if it should not run, or lacks what it
 * stands on.
 */
export function planSliver(
  wanted: DesiredSliver,
  observed: ObservedAccount,
  ids: AccountIds,
  image: ImageVersion,
  shared: Limits | undefined,
): readonly AccountStep[] {
  const exists = isObservedSliver(observed);
  const found = exists ? observed : newSliver(ids.slot, filesOf(observed));
  const cleaned = withoutHalfMadeUser(found);
  const user = userFor(wanted, exists ? cleaned : undefined, ids);
  const have = user === undefined ? cleaned : withUser(wanted, cleaned, user);
  const cleared = clearing(wanted, cleaned);
  const stopped = have.state === 'stopped' || cleared.some(({ step }) => step === 'stop-unit');
  return [
    ...stepsNeeded([[cleaned !== found, () => ({ step: 'discard-user' })]]),
    ...cleared,
    ...(user === undefined ? [] : [user]),
    ...foundation(wanted, have, ids, image),
    ...raising(wanted, have, stopped, shared),
  ];
}
