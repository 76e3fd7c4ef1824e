/**
 * Derives the states that a step leaves when it is cut short in the midst, by a power cut or a kill: those that the
 * commands behind it pass through. Beside apply-step.ts, which says what a whole step makes.
 */

import {
  isObservedSliver,
  type ObservedAccount,
  type ObservedDelegate,
  type ObservedSliver,
} from '../observed/observed-account.ts';
import type { AccountStep, StepOf } from '../plan/account-steps.ts';
import { applyStep } from '../plan/apply-step.ts';

type Existing = ObservedDelegate | ObservedSliver;

const exists = (account: ObservedAccount): account is Existing =>
  account.state === 'delegate' || isObservedSliver(account);

/** The record is written before the user; useradd(8) writes passwd before shadow, and subuid and subgid last. */
function cutCreation(step: StepOf<'create-user'>, account: ObservedAccount) {
  const made = applyStep(account, step);
  const range = isObservedSliver(account) && account.range;
  const without = isObservedSliver(made) ? { ...made, range } : made;
  const halfMade = exists(without)
    ? [{ ...without, user: 'half-made' as const, login: false }, without]
    : [];
  if (exists(account)) return halfMade;
  return exists(without) ? [{ ...without, user: 'none' as const, login: false }, ...halfMade] : [];
}

function withoutUser(account: Existing, user: 'none' | 'half-removed'): ObservedAccount {
  const gone = { user, login: false, keys: undefined } as const;
  if (account.state === 'delegate') return { ...account, ...gone };
  const { diskQuota } = account.limits;
  const limits = diskQuota === undefined ? {} : { diskQuota };
  return { ...account, ...gone, limits, range: user === 'half-removed' && account.range };
}

/** userdel(8) writes passwd first and subgid last; our record outlives it. */
function cutRemoval({ ids }: StepOf<'remove-user'>, account: Existing): ObservedAccount[] {
  const withoutKeys = { ...account, keys: undefined };
  if (ids === undefined) return [withoutKeys];
  const half = withoutUser(account, 'half-removed');
  const none = withoutUser(account, 'none');
  if (account.state === 'delegate') return [withoutKeys, half, none];
  return [withoutKeys, { ...account, keys: undefined, range: false }, half, none];
}

/** cutStates returns what `account` may be when `step` was begun and not ended. */
export function cutStates(step: AccountStep, account: ObservedAccount): readonly ObservedAccount[] {
  if (step.step === 'create-user') return cutCreation(step, account);
  if (step.step === 'purge-files' && account.state === 'kept') {
    const begun = { ...account, image: undefined };
    return [begun, { ...begun, slot: undefined }];
  }
  if (!exists(account)) return [account];
  if (step.step === 'remove-user') return cutRemoval(step, account);
  if (step.step === 'discard-user') return [account, { ...account, user: 'half-removed' }];
  if (!isObservedSliver(account)) return [account];
  if (step.step === 'create-filesystem' || step.step === 'discard-files') {
    return [{ ...account, halfMade: true }];
  }
  return [account];
}
