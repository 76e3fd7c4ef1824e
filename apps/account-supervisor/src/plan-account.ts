/**
 * Decides what is to be done about one account: from what should be and what is, a list of steps.
 * Pure. Removals come before additions; carried out and planned again, nothing is left.
 */
import type { EpochSeconds } from '@nodemgr/records';
import type { AccountIds } from './account-ids.ts';
import type { AccountStep } from './account-steps.ts';
import type { DesiredAccount, DesiredDelegate, DesiredSliver } from './desired-account.ts';
import {
  isObservedSliver,
  type KeptSliver,
  type Limits,
  newSliver,
  type ObservedAccount,
  type ObservedDelegate,
  type ObservedSliver,
} from './observed-account.ts';
import type { CpuWeight } from './plan-cpu-weights.ts';

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
}

export interface AccountPlan {
  readonly steps: readonly AccountStep[];
  /** Why the account cannot be made, where that is so. */
  readonly blocked?: string;
}

const NOTHING: AccountPlan = { steps: [] };

/** The steps for which `needed` holds, in order. */
type Rule = readonly [needed: boolean, step: () => AccountStep];
const stepsNeeded = (rules: readonly Rule[]): readonly AccountStep[] =>
  rules.filter(([needed]) => needed).map(([, step]) => step());

/** purgeTime returns when a removed sliver's files may go. */
export function purgeTime(kept: KeptSliver, keepSeconds: number): number {
  return kept.since + keepSeconds;
}

function planKept(kept: KeptSliver, { now, keepSeconds }: Circumstances): AccountPlan {
  if (now < purgeTime(kept, keepSeconds)) return NOTHING;
  return { steps: [{ step: 'purge-files', since: kept.since }] };
}

function planSliverRemoval(have: ObservedSliver, { now, idsOf }: Circumstances): AccountPlan {
  const { project } = idsOf(have.slot);
  return {
    steps: stepsNeeded([
      [have.login, () => ({ step: 'deny-login' })],
      [have.state === 'running', () => ({ step: 'stop-unit' })],
      [have.files.where === 'in-place', () => ({ step: 'keep-files', since: now })],
      [have.diskQuota !== undefined, () => ({ step: 'reset-disk-quota', project })],
      [true, () => ({ step: 'remove-user' })],
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
      return { steps: [{ step: 'remove-user' }] };
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
      [have === undefined, () => ({ step: 'create-user', type: 'delegate', ids })],
      [have?.keys !== wanted.keys.digest, () => ({ step: 'install-keys', keys: wanted.keys })],
      [have?.login !== true, () => ({ step: 'allow-login' })],
    ]),
  };
}

const sameLimits = (a: Limits | undefined, b: Limits): boolean =>
  a?.cpuWeight === b.cpuWeight && a.memoryMax === b.memoryMax && a.tasksMax === b.tasksMax;

/** What is in the way: logins that are refused now, and a unit that should not run (or lacks its ground). */
function clearing(wanted: DesiredSliver, have: ObservedSliver): readonly AccountStep[] {
  const sound = have.range && have.files.where === 'in-place' && have.unit;
  const stop = have.state === 'running' && !(wanted.run && sound);
  return stepsNeeded([
    [have.login && !wanted.login, () => ({ step: 'deny-login' })],
    [stop, () => ({ step: 'stop-unit' })],
  ]);
}

function filesFor(have: ObservedSliver, ids: AccountIds): readonly AccountStep[] {
  const { files } = have;
  switch (files.where) {
    case 'in-place':
      return [];
    case 'kept':
      return [{ step: 'restore-files', since: files.since }];
    case 'none':
      return [{ step: 'create-filesystem', base: ids.base, project: ids.project }];
  }
}

/** What a sliver stands on, made before it is started. */
function foundation(wanted: DesiredSliver, have: ObservedSliver, ids: AccountIds) {
  const { base, project } = ids;
  const { diskQuota: quota, initscript, keys } = wanted;
  return [
    ...stepsNeeded([[!have.range, () => ({ step: 'set-id-range', base })]]),
    ...filesFor(have, ids),
    ...stepsNeeded([
      [have.diskQuota !== quota, () => ({ step: 'set-disk-quota', project, quota })],
      [have.initscript !== initscript.digest, () => ({ step: 'install-initscript', initscript })],
      [have.keys !== keys.digest, () => ({ step: 'install-keys', keys })],
      [!have.unit, () => ({ step: 'write-unit', base })],
    ]),
  ];
}

/** The sliver coming up: its limits before it runs, its logins when it does. */
function raising(
  wanted: DesiredSliver,
  have: ObservedSliver,
  stopped: boolean,
  cpuWeight: CpuWeight | undefined,
): readonly AccountStep[] {
  const { memoryMax, tasksMax, starts } = wanted;
  const weight = cpuWeight ?? have.limits?.cpuWeight;
  const limits = weight === undefined ? undefined : { cpuWeight: weight, memoryMax, tasksMax };
  const steps: AccountStep[] = [];
  if (limits !== undefined && !sameLimits(have.limits, limits)) {
    steps.push({ step: 'set-limits', limits });
  }
  return [
    ...steps,
    ...stepsNeeded([
      [wanted.run && stopped, () => ({ step: 'start-unit', starts })],
      [
        wanted.run && !stopped && starts > have.starts,
        () => ({ step: 'run-start-scripts', starts }),
      ],
      [wanted.login && !have.login, () => ({ step: 'allow-login' })],
    ]),
  ];
}

function planSliver(
  wanted: DesiredSliver,
  observed: ObservedAccount,
  ids: AccountIds,
  cpuWeight: CpuWeight | undefined,
): AccountPlan {
  const exists = isObservedSliver(observed);
  const have = exists
    ? observed
    : newSliver(
        ids.slot,
        observed.state === 'kept' ? { where: 'kept', since: observed.since } : { where: 'none' },
      );
  const cleared = clearing(wanted, have);
  const stopped = have.state === 'stopped' || cleared.some(({ step }) => step === 'stop-unit');
  return {
    steps: [
      ...cleared,
      ...stepsNeeded([[!exists, () => ({ step: 'create-user', type: 'sliver', ids })]]),
      ...foundation(wanted, have, ids),
      ...raising(wanted, have, stopped, cpuWeight),
    ],
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
    : planSliver(wanted, observed, ids, cpuWeight);
}

function planKeptInTheWay(kept: KeptSliver, circumstances: Circumstances): AccountPlan {
  const plan = planKept(kept, circumstances);
  if (plan.steps.length > 0) return plan;
  return { steps: [], blocked: 'the files of a removed sliver of that name are still kept' };
}
