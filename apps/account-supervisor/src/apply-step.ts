/**
 * What each step makes of an account, as a model: the dry run pretends with it, and the planner's
 * properties are tested against it. Pure. A step that does not fit the state throws: a defect.
 */
import type { EpochSeconds } from '@nodemgr/records';
import type { AccountStep, StepOf } from './account-steps.ts';
import {
  ABSENT,
  filesOf,
  isObservedSliver,
  newSliver,
  type ObservedAccount,
  type ObservedDelegate,
  type ObservedSliver,
} from './observed-account.ts';

function misfit(step: AccountStep, account: ObservedAccount): never {
  throw new Error(`step ${step.step} does not fit an account in state '${account.state}'`);
}

function created({ type, ids }: StepOf<'create-user'>, account: ObservedAccount): ObservedAccount {
  if (account.state === 'delegate' || isObservedSliver(account)) return { ...account, user: true };
  if (type === 'delegate') return { state: 'delegate', slot: ids.slot, user: true, login: false };
  return newSliver(ids.slot, filesOf(account));
}

function removed(account: ObservedSliver | ObservedDelegate): ObservedAccount {
  if (account.state === 'delegate' || account.files.where === 'none') return ABSENT;
  if (account.files.where === 'kept') {
    const { since, image } = account.files;
    return { state: 'kept', slot: account.slot, since, image };
  }
  throw new Error('a user whose files are in place cannot be removed');
}

/** Steps that the two types of account share. */
function applyToEither(
  step: AccountStep,
  account: ObservedSliver | ObservedDelegate,
): ObservedAccount | undefined {
  switch (step.step) {
    case 'install-keys':
      return { ...account, keys: step.keys.digest };
    case 'allow-login':
      return { ...account, login: true };
    case 'deny-login':
      return { ...account, login: false };
    case 'remove-user':
      return removed(account);
    default:
      return undefined;
  }
}

/** What lies with the files goes with them. */
function kept(account: ObservedSliver, since: EpochSeconds): ObservedSliver {
  if (account.files.where !== 'in-place') throw new Error('there are no files to be kept');
  const { image } = account.files;
  return { ...account, files: { where: 'kept', since, image }, initscript: undefined, unit: false };
}

/** The initscript and the unit's settings were moved aside with the files; they are written anew all the same. */
function restored(account: ObservedSliver): ObservedSliver {
  if (account.files.where !== 'kept') throw new Error('there are no files to be restored');
  return { ...account, files: { where: 'in-place', image: account.files.image } };
}

function applyToSliver(step: AccountStep, account: ObservedSliver): ObservedAccount {
  switch (step.step) {
    case 'set-id-range':
      return { ...account, range: true };
    case 'create-filesystem':
      return { ...account, files: { where: 'in-place', image: step.image } };
    case 'restore-files':
      return restored(account);
    case 'set-disk-quota':
      return { ...account, diskQuota: step.quota };
    case 'reset-disk-quota':
      return { ...account, diskQuota: undefined };
    case 'install-initscript':
      return { ...account, initscript: step.initscript.digest };
    case 'write-unit':
      return { ...account, unit: true };
    case 'set-limits':
      return { ...account, limits: step.limits };
    case 'start-unit':
      return { ...account, state: 'running', starts: step.starts };
    case 'run-start-scripts':
      return { ...account, starts: step.starts };
    case 'stop-unit':
      return { ...account, state: 'stopped' };
    case 'keep-files':
      return kept(account, step.since);
    default:
      return misfit(step, account);
  }
}

/** applyStep returns the account as `step` leaves it. */
export function applyStep(account: ObservedAccount, step: AccountStep): ObservedAccount {
  if (step.step === 'create-user') {
    const fits = account.state !== 'foreign' && !('user' in account && account.user);
    return fits ? created(step, account) : misfit(step, account);
  }
  if (step.step === 'purge-files' && account.state === 'kept') return ABSENT;
  if (account.state === 'delegate') return applyToEither(step, account) ?? misfit(step, account);
  if (!isObservedSliver(account)) return misfit(step, account);
  return applyToEither(step, account) ?? applyToSliver(step, account);
}
