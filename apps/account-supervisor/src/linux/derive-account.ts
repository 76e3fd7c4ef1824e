/**
 * Makes an account's observed state of what was found of it on the machine. Pure. Ours is what has both
 * our record and our login shell; what merely looks like it is someone else's, and is said to be.
 */
import type { ImageVersion } from '@nodemgr/images';
import { type AccountName, type EpochSeconds, type KiB, kib } from '@nodemgr/records';
import { type AccountIds, type IdPolicy, idsOf, type Slot } from '../account-ids.ts';
import type { MachineLayout } from '../layout.ts';
import {
  ABSENT,
  type Digest,
  type ForeignAccount,
  type Limits,
  type ObservedAccount,
  type ObservedSliver,
  type SliverFiles,
} from '../observed-account.ts';
import { unitSettings } from '../render-sliver-step.ts';
import type { AccountRecord } from './account-record.ts';
import type { UnitState } from './derive-unit-state.ts';
import type { UnixUser } from './unix-accounts.ts';

/** What was found below a sliver's folder. */
export interface FolderFacts {
  readonly image: ImageVersion | undefined;
  /** The upper folder is counted under this project, which is the last thing that is done to it. */
  readonly project: number | undefined;
  readonly unitSettings: string | undefined;
  readonly initscript: Digest | undefined;
}

/** The newest of the files that are kept of a removed sliver. */
export interface KeptFacts {
  readonly slot: Slot;
  readonly since: EpochSeconds;
  readonly image: ImageVersion;
}

export interface AccountFacts {
  readonly record: AccountRecord | 'none' | { readonly damaged: string };
  readonly user: UnixUser | undefined;
  /** Whether `base` and the 65535 ids after it are registered as the account's. */
  readonly hasRange: (base: number) => boolean;
  /** Undefined: there is no folder. */
  readonly folder: FolderFacts | undefined;
  readonly kept: KeptFacts | undefined;
  readonly keys: Digest | undefined;
  readonly starts: number;
  readonly unit: UnitState | undefined;
  /** Read back from the kernel; undefined when the sliver does not run. */
  readonly limits: Limits | undefined;
  /** 0: none. */
  readonly diskQuota: number;
  /** A container of that name runs, and it is not our unit's. */
  readonly othersContainer: boolean;
}

const foreign = (reason: string): ForeignAccount => ({ state: 'foreign', reason });

function withoutRecord(facts: AccountFacts): ObservedAccount {
  if (facts.user !== undefined) {
    return foreign('a user of that name is on this machine that is not ours');
  }
  if (facts.folder !== undefined) {
    return foreign('there are files of a sliver of that name that we have no record of');
  }
  if (facts.othersContainer) {
    return foreign('a container of that name runs on this machine that is not ours');
  }
  return facts.kept === undefined ? ABSENT : { state: 'kept', ...facts.kept };
}

/** Why the user is not the one that we have made; undefined when it is, or is not there. */
function unlikeOurs(
  user: UnixUser | undefined,
  type: AccountRecord['type'],
  ids: AccountIds,
  layout: MachineLayout,
): string | undefined {
  if (user === undefined) return undefined;
  const shell = type === 'sliver' ? layout.sliverShell : layout.delegateShell;
  if (user.shell !== shell) {
    return `the user of that name has the login shell ${user.shell}, and not ours (${shell})`;
  }
  if (user.uid !== ids.uid) {
    return `the user of that name has the id ${user.uid}, and our record says ${ids.uid}`;
  }
  return undefined;
}

function filesIn({ folder, kept }: AccountFacts, ids: AccountIds): SliverFiles {
  if (folder?.image !== undefined && folder.project === ids.project) {
    return { where: 'in-place', image: folder.image };
  }
  // Half-made files are made again, unless whole ones wait to be put back.
  if (kept === undefined || folder !== undefined) return { where: 'none' };
  return { where: 'kept', since: kept.since, image: kept.image };
}

function quotaOf({ diskQuota }: AccountFacts): KiB | undefined {
  return diskQuota === 0 ? undefined : kib(diskQuota);
}

function sliverOf(name: AccountName, facts: AccountFacts, ids: AccountIds): ObservedSliver {
  const { folder, unit, user } = facts;
  const files = filesIn(facts, ids);
  const settings =
    files.where === 'in-place' ? unitSettings(name, ids.base, files.image) : undefined;
  return {
    state: unit?.active === true ? 'running' : 'stopped',
    ailing: unit?.ailing,
    slot: ids.slot,
    user: user !== undefined,
    range: facts.hasRange(ids.base),
    files,
    diskQuota: quotaOf(facts),
    initscript: files.where === 'in-place' ? folder?.initscript : undefined,
    keys: facts.keys,
    unit: settings !== undefined && folder?.unitSettings === settings,
    limits: facts.limits ?? unit?.limits,
    login: user?.expires === false,
    starts: facts.starts,
  };
}

/** deriveAccount returns the state of the account `name` as the facts have it. */
export function deriveAccount(
  name: AccountName,
  facts: AccountFacts,
  policy: IdPolicy,
  layout: MachineLayout,
): ObservedAccount {
  const { record, user } = facts;
  if (record === 'none') return withoutRecord(facts);
  if ('damaged' in record) return foreign(`our record of it is damaged: ${record.damaged}`);
  const ids = idsOf(record.slot, policy);
  const unlike = unlikeOurs(user, record.type, ids, layout);
  if (unlike !== undefined) return foreign(unlike);
  if (record.type === 'sliver') return sliverOf(name, facts, ids);
  const login = user?.expires === false;
  return { state: 'delegate', slot: ids.slot, user: user !== undefined, keys: facts.keys, login };
}
