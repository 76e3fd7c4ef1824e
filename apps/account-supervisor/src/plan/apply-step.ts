/**
 * Applies steps to an account, as a model: the dry run pretends with it, and the planner's
 * properties are tested against it. Pure. A step that does not fit the state, or would leave something
 * behind that nobody looks for any more, throws: a defect.
 */
import type { EpochSeconds } from '@nodemgr/records';
import { unitless } from '../limits/table.ts';
import {
  ABSENT,
  filesOf,
  isObservedSliver,
  type KeptSliver,
  newSliver,
  type ObservedAccount,
  type ObservedDelegate,
  type ObservedSliver,
} from '../observed/observed-account.ts';
import type { AccountStep, StepOf } from './account-steps.ts';

function misfit(step: AccountStep, account: ObservedAccount): never {
  throw new Error(`step ${step.step} does not fit an account in state '${account.state}'`);
}

function created(
  { type, ids, range, login }: StepOf<'create-user'>,
  account: ObservedAccount,
): ObservedAccount {
  if (account.state === 'delegate') return { ...account, user: 'whole', login };
  if (isObservedSliver(account)) {
    return { ...account, user: 'whole', range: account.range || range, login };
  }
  if (type === 'delegate') return { state: 'delegate', slot: ids.slot, user: 'whole', login };
  return { ...newSliver(ids.slot, filesOf(account)), range, login };
}

/** useradd(8) gives out no range of which some is registered, and removal leaves some by half. */
function canHaveRange({ range }: StepOf<'create-user'>, account: ObservedAccount): boolean {
  if (!range || !isObservedSliver(account)) return true;
  return !account.range && account.rangeTakenBy === undefined && account.user === 'none';
}

/** useradd(8) refuses a name and an id that are in passwd(5) already; kept files that are not whole have no sliver. */
function canHaveUser(account: ObservedAccount): boolean {
  if (account.state === 'absent') return true;
  if (account.state === 'foreign' || account.idTakenBy !== undefined) return false;
  if (account.state === 'kept') return account.image !== undefined;
  return account.user === 'none' || account.user === 'half-removed';
}

/** Takes the registered ids along. */
function discarded(account: ObservedSliver | ObservedDelegate): ObservedAccount {
  if (account.user !== 'half-made')
    throw new Error('a user that is not half-made is not discarded');
  const without = { user: 'none', login: false } as const;
  return account.state === 'delegate'
    ? { ...account, ...without }
    : { ...account, ...without, range: false };
}

function removed(
  { ids }: StepOf<'remove-user'>,
  account: ObservedSliver | ObservedDelegate,
): ObservedAccount {
  const { user, slot, idTakenBy } = account;
  const exists = user === 'whole' || user === 'half-made';
  if (exists !== (ids !== undefined)) throw new Error('a removal ends the logins of its own user');
  if (user === 'half-removed' && idTakenBy === undefined)
    throw new Error('its id range would stay');
  if (account.state === 'delegate') return ABSENT;
  const { files, halfMade } = account;
  if (files.where === 'in-place' || halfMade) throw new Error('its files would stay');
  if (files.where === 'none') return ABSENT;
  return { state: 'kept', slot, since: files.since, image: files.image, idTakenBy };
}

/** Steps that the two types of account share. */
function applyToEither(
  step: AccountStep,
  account: ObservedSliver | ObservedDelegate,
): ObservedAccount | undefined {
  switch (step.step) {
    case 'install-keys':
      return { ...account, keys: step.keys.digest };
    case 'remove-keys':
      return { ...account, keys: undefined };
    case 'allow-login':
      return { ...account, login: true };
    case 'deny-login':
      return { ...account, login: false };
    case 'discard-user':
      return discarded(account);
    case 'remove-user':
      return removed(step, account);
    default:
      return undefined;
  }
}

/** The start script and the unit's settings lie with the files, and go with them. */
function kept(account: ObservedSliver, since: EpochSeconds): ObservedSliver {
  if (account.files.where !== 'in-place') throw new Error('there are no files to be kept');
  const { image } = account.files;
  const gone = { initscript: undefined, unit: false, toldOf: undefined };
  return { ...account, files: { where: 'kept', since, image }, ...gone };
}

function dated({ from, since }: StepOf<'date-files'>, account: KeptSliver): KeptSliver {
  if (account.since !== from) throw new Error('no files of that time are kept');
  return { ...account, since };
}

/** The initscript and the unit's settings were moved aside with the files; they are written anew all the same. */
function restored(account: ObservedSliver): ObservedSliver {
  if (account.files.where !== 'kept') throw new Error('there are no files to be restored');
  if (account.halfMade) throw new Error('files are in the way');
  return { ...account, files: { where: 'in-place', image: account.files.image } };
}

/** A quota brings the limit of inodes that goes with it. */
function withQuota(account: ObservedSliver, diskQuota: number): ObservedSliver {
  return { ...account, limits: { ...account.limits, diskQuota }, inodesDiffer: undefined };
}

function applyToSliver(step: AccountStep, account: ObservedSliver): ObservedAccount {
  switch (step.step) {
    case 'set-id-range':
      // usermod(8) asks nobody else.
      if (account.rangeTakenBy !== undefined) throw new Error('its id range is of somebody else');
      return { ...account, range: true };
    case 'free-id-range':
      if (account.login) throw new Error('a login would want its id range');
      return { ...account, range: false };
    case 'create-filesystem':
      return { ...account, files: { where: 'in-place', image: step.image }, halfMade: false };
    case 'discard-files':
      return { ...account, halfMade: false };
    case 'restore-files':
      return restored(account);
    case 'set-disk-quota':
      return withQuota(account, step.quota);
    case 'reset-disk-quota': {
      const { diskQuota: _, ...limits } = account.limits;
      return { ...account, limits, inodesDiffer: undefined };
    }
    case 'install-initscript':
      return { ...account, initscript: step.initscript.digest };
    case 'write-unit':
      return { ...account, unit: true };
    case 'set-limits':
      return { ...account, limits: { ...account.limits, ...step.limits } };
    case 'start-unit': {
      const limits = { ...account.limits, ...step.limits };
      const told = { toldOf: undefined, loginNote: undefined };
      return { ...account, state: 'running', limits, starts: step.starts, ...told };
    }
    case 'run-start-scripts':
      return { ...account, starts: step.starts };
    case 'tell-stop':
      return { ...account, toldOf: step.at };
    case 'untell-stop':
      return { ...account, toldOf: undefined };
    case 'tell-logins':
      return { ...account, loginNote: step.note };
    case 'untell-logins':
      return { ...account, loginNote: undefined };
    case 'stop-unit':
      return { ...account, state: 'stopped', limits: unitless(account.limits) };
    case 'keep-files':
      return kept(account, step.since);
    default:
      return misfit(step, account);
  }
}

/** applyStep returns the account as `step` leaves it. */
export function applyStep(account: ObservedAccount, step: AccountStep): ObservedAccount {
  if (step.step === 'create-user') {
    const fits = canHaveUser(account) && canHaveRange(step, account);
    return fits ? created(step, account) : misfit(step, account);
  }
  if (step.step === 'set-slices') return account;
  if (step.step === 'purge-files' && account.state === 'kept') return ABSENT;
  if (step.step === 'date-files' && account.state === 'kept') return dated(step, account);
  if (account.state === 'delegate') return applyToEither(step, account) ?? misfit(step, account);
  if (!isObservedSliver(account)) return misfit(step, account);
  return applyToEither(step, account) ?? applyToSliver(step, account);
}
