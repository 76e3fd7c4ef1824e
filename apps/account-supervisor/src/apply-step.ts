/**
 * What each step makes of an account, as a model: the dry run pretends with it, and the planner's
 * properties are tested against it. Pure. A step that does not fit the state throws: a defect.
 */
import type { EpochSeconds } from '@nodemgr/records';
import type { AccountStep, StepOf } from './account-steps.ts';
import {
  ABSENT,
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
  if (type === 'delegate') return { state: 'delegate', slot: ids.slot, login: false };
  return newSliver(
    ids.slot,
    account.state === 'kept' ? { where: 'kept', since: account.since } : { where: 'none' },
  );
}

function removed(account: ObservedSliver | ObservedDelegate): ObservedAccount {
  if (account.state === 'delegate' || account.files.where === 'none') return ABSENT;
  if (account.files.where === 'kept') {
    return { state: 'kept', slot: account.slot, since: account.files.since };
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

function kept(account: ObservedSliver, since: EpochSeconds): ObservedSliver {
  return { ...account, files: { where: 'kept', since }, initscript: undefined };
}

function applyToSliver(step: AccountStep, account: ObservedSliver): ObservedAccount {
  switch (step.step) {
    case 'set-id-range':
      return { ...account, range: true };
    case 'create-filesystem':
    case 'restore-files':
      return { ...account, files: { where: 'in-place' } };
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
    return account.state === 'absent' || account.state === 'kept'
      ? created(step, account)
      : misfit(step, account);
  }
  if (step.step === 'purge-files' && account.state === 'kept') return ABSENT;
  if (account.state === 'delegate') return applyToEither(step, account) ?? misfit(step, account);
  if (!isObservedSliver(account)) return misfit(step, account);
  return applyToEither(step, account) ?? applyToSliver(step, account);
}
