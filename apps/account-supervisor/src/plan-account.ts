/**
 * Decides what is to be done about one account: from what should be and what is, a list of steps.
 * Pure. Removals come before additions; carried out and planned again, nothing is left.
 */
import type { ImageVersion } from '@nodemgr/images';
import type { EpochSeconds, ImageName } from '@nodemgr/records';
import type { AccountIds } from './account-ids.ts';
import type { AccountStep } from './account-steps.ts';
import type { DesiredAccount, DesiredDelegate, DesiredSliver } from './desired-account.ts';
import {
  filesOf,
  isObservedSliver,
  type KeptSliver,
  type ObservedAccount,
  type ObservedDelegate,
  type ObservedSliver,
} from './observed-account.ts';
import type { CpuWeight } from './plan-cpu-weights.ts';
import { planSliver } from './plan-sliver.ts';
import { stepsNeeded } from './steps-needed.ts';

/** What the planner is told about one account. */
export type Target =
  | {
      readonly wanted: DesiredAccount;
      /** Undefined: every slot is taken. */
      readonly ids: AccountIds | undefined;
      /** Undefined where the sliver is not to run: whatever weight it has may stay. */
      readonly cpuWeight?: CpuWeight | undefined;
    }
  | { readonly wanted: 'nothing' }
  /** It ought to go and may not: it is left as it is. */
  | { readonly wanted: 'unchanged' };

export interface Circumstances {
  readonly now: EpochSeconds;
  /** How long a removed sliver's files are kept. */
  readonly keepSeconds: number;
  /** Ids by slot, for accounts that exist. */
  readonly idsOf: (slot: ObservedSliver['slot']) => AccountIds;
  /** Why there is no slot, for people. */
  readonly noSlot: string;
  /** The newest version of an image on this node; undefined: there is none of that name. */
  readonly newestImage: (name: ImageName) => ImageVersion | undefined;
}

export interface AccountPlan {
  readonly steps: readonly AccountStep[];
  /** Why the account cannot be made, where that is so. */
  readonly blocked?: string;
  /** What is not as it should be and waits for somebody else: shown, not tried again by itself. */
  readonly deferred?: Trouble;
  /** What does not work though nothing is left to be done: shown, and looked at again and again. */
  readonly failing?: Trouble;
}

/** Something that steps cannot mend. */
export interface Trouble {
  readonly action: string;
  readonly reason: string;
}

const NOTHING: AccountPlan = { steps: [] };

/** purgeTime returns when a removed sliver's files may go. */
export function purgeTime(kept: KeptSliver, keepSeconds: number): number {
  return kept.since + keepSeconds;
}

function planKept(kept: KeptSliver, { now, keepSeconds }: Circumstances): AccountPlan {
  if (now < purgeTime(kept, keepSeconds)) return NOTHING;
  return { steps: [{ step: 'purge-files', since: kept.since }] };
}

function planSliverRemoval(have: ObservedSliver, { now, idsOf }: Circumstances): AccountPlan {
  const { project, uid } = idsOf(have.slot);
  return {
    steps: stepsNeeded([
      [have.login, () => ({ step: 'deny-login' })],
      [have.state === 'running', () => ({ step: 'stop-unit' })],
      [have.files.where === 'in-place', () => ({ step: 'keep-files', since: now })],
      [have.diskQuota !== undefined, () => ({ step: 'reset-disk-quota', project })],
      [true, () => ({ step: 'remove-user', uid })],
    ]),
  };
}

function planRemoval(observed: ObservedAccount, circumstances: Circumstances): AccountPlan {
  switch (observed.state) {
    case 'absent':
    case 'foreign':
      return NOTHING;
    case 'kept':
      return planKept(observed, circumstances);
    case 'delegate':
      return { steps: [{ step: 'remove-user', uid: circumstances.idsOf(observed.slot).uid }] };
    case 'stopped':
    case 'running':
      return planSliverRemoval(observed, circumstances);
  }
}

function planDelegate(
  wanted: DesiredDelegate,
  have: ObservedDelegate | undefined,
  ids: AccountIds,
): AccountPlan {
  return {
    steps: stepsNeeded([
      [have?.user !== true, () => ({ step: 'create-user', type: 'delegate', ids })],
      [have?.keys !== wanted.keys.digest, () => ({ step: 'install-keys', keys: wanted.keys })],
      [have?.login !== true, () => ({ step: 'allow-login' })],
    ]),
  };
}

/**
 * planAccount returns the steps that bring one account in line. An account of the other type is
 * removed first; what takes its place is planned when it is gone.
 */
export function planAccount(
  target: Target,
  observed: ObservedAccount,
  circumstances: Circumstances,
): AccountPlan {
  if (target.wanted === 'unchanged') return NOTHING;
  if (target.wanted === 'nothing') return planRemoval(observed, circumstances);
  const { wanted, ids, cpuWeight } = target;
  if (observed.state === 'foreign') return { steps: [], blocked: observed.reason };
  if (wanted.type === 'delegate') {
    if (isObservedSliver(observed)) return planRemoval(observed, circumstances);
    if (observed.state === 'kept') return planKeptInTheWay(observed, circumstances);
  } else if (observed.state === 'delegate') return planRemoval(observed, circumstances);
  if (ids === undefined) return { steps: [], blocked: circumstances.noSlot };
  return wanted.type === 'delegate'
    ? planDelegate(wanted, observed.state === 'delegate' ? observed : undefined, ids)
    : planWantedSliver(wanted, observed, ids, { cpuWeight, circumstances });
}

interface SliverGround {
  readonly cpuWeight: CpuWeight | undefined;
  readonly circumstances: Circumstances;
}

/** Files that exist stay on the image that they were made on: another one below them would be another machine. */
function planWantedSliver(
  wanted: DesiredSliver,
  observed: ObservedAccount,
  ids: AccountIds,
  { cpuWeight, circumstances }: SliverGround,
): AccountPlan {
  const files = isObservedSliver(observed) ? observed.files : filesOf(observed);
  const image = files.where === 'none' ? circumstances.newestImage(wanted.image) : files.image;
  if (image === undefined) {
    const reason = `image ${wanted.image} is not on this node: nmctl image import ${wanted.image} TARBALL`;
    return { steps: [], blocked: reason };
  }
  const steps = planSliver(wanted, observed, ids, image, cpuWeight);
  if (wanted.run && steps.length === 0 && isObservedSliver(observed) && observed.ailing) {
    return { steps, failing: { action: 'run', reason: observed.ailing } };
  }
  const deferred = otherImage(wanted, image);
  return deferred === undefined ? { steps } : { steps, deferred };
}

function otherImage(wanted: DesiredSliver, image: ImageVersion): Trouble | undefined {
  if (nameOfImage(image) === wanted.image) return undefined;
  const reason = `image ${wanted.image} is asked for, and its files stand on ${image}: takes hold when they have been removed and the sliver is made anew`;
  return { action: 'change-image', reason };
}

const nameOfImage = (image: ImageVersion): string => image.slice(0, image.lastIndexOf('@'));

function planKeptInTheWay(kept: KeptSliver, circumstances: Circumstances): AccountPlan {
  const plan = planKept(kept, circumstances);
  if (plan.steps.length > 0) return plan;
  return { steps: [], blocked: 'the files of a removed sliver of that name are still kept' };
}
