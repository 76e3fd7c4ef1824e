/**
 * Makes an account's observed state of what was found of it on the machine. Pure. Ours is what has both
 * our record and our login shell; what merely looks like it is someone else's, and is said to be.
 */
import type { ImageVersion } from '@nodemgr/images';
import type { AccountName, EpochSeconds } from '@nodemgr/records';
import type { MachineLayout } from '../../execute/layout.ts';
import { unitSettings } from '../../execute/render-sliver-step.ts';
import { inodeLimit } from '../../limits/inode-limit.ts';
import type { Limits } from '../../limits/table.ts';
import type { LoginNote } from '../../observed/login-note.ts';
import {
  ABSENT,
  type Digest,
  type ForeignAccount,
  type KeptSliver,
  type ObservedAccount,
  type ObservedSliver,
  type SliverFiles,
  type UserState,
} from '../../observed/observed-account.ts';
import { type AccountIds, type IdPolicy, idsOf } from '../../slots/account-ids.ts';
import type { AccountRecord } from './account-record.ts';
import type { UnitState } from './derive-unit-state.ts';
import type { ServiceUser } from './name-services.ts';
import type { UnixAccounts } from './unix-accounts.ts';

/** What was found below a sliver's folder. */
export interface FolderFacts {
  readonly image: ImageVersion | undefined;
  /** The upper folder is counted under this project, which is the last thing that is done to it. */
  readonly project: number | undefined;
  readonly unitSettings: string | undefined;
  readonly initscript: Digest | undefined;
  /** The time of the stop that tenants have been told of. */
  readonly toldOf?: EpochSeconds | undefined;
}

/** One folder of files that are kept of a removed sliver. */
export type KeptFacts = Pick<KeptSliver, 'slot' | 'since' | 'image'>;

export interface AccountFacts {
  readonly record: AccountRecord | 'none' | { readonly damaged: string };
  /** The users and subordinate ids of the whole machine. */
  readonly unix: UnixAccounts;
  /** Undefined: there is no folder. */
  readonly folder: FolderFacts | undefined;
  /** The newest last. */
  readonly kept: readonly KeptFacts[];
  readonly keys: Digest | undefined;
  readonly starts: number;
  readonly loginNote?: LoginNote | undefined;
  readonly unit: UnitState | undefined;
  /** Read back from the kernel; undefined when the sliver does not run. */
  readonly limits: Limits | undefined;
  /** 0: none. */
  readonly diskQuota: number;
  /** 0: none. */
  readonly inodes: number;
  /** A container of that name runs, and it is not our unit's. */
  readonly othersContainer: boolean;
}

const foreign = (cause: ForeignAccount['cause'], reason: string): ForeignAccount => ({
  state: 'foreign',
  cause,
  reason,
});

const isWhole = ({ image }: KeptFacts): boolean => image !== undefined;

/** What a purge cut short has left is told first: it goes at once, and nobody comes back to it. */
function keptOf(name: AccountName, { kept, unix }: AccountFacts, policy: IdPolicy) {
  const found = kept.find((files) => !isWhole(files)) ?? kept.at(-1);
  if (found === undefined) return ABSENT;
  const holder =
    found.slot === undefined ? undefined : unix.otherWith(idsOf(found.slot, policy).uid, name);
  return { state: 'kept', ...found, idTakenBy: holder } as const;
}

/** namesakeText says that a user of a name service has the name of an account. */
export function namesakeText({ name, uid }: ServiceUser): string {
  return `a user of that name is not ours: ${name}, with the id ${uid}, is known to a name service of this machine (getent passwd ${name})`;
}

function withoutRecord(name: AccountName, facts: AccountFacts, policy: IdPolicy): ObservedAccount {
  if (facts.unix.users.has(name)) {
    return foreign('name-taken', 'a user of that name is on this machine that is not ours');
  }
  const namesake = facts.unix.strangerNamed(name);
  if (namesake !== undefined) return foreign('name-taken', namesakeText(namesake));
  if (facts.folder !== undefined) {
    return foreign(
      'files-of-nobody',
      'there are files of a sliver of that name that we have no record of',
    );
  }
  if (facts.othersContainer) {
    return foreign(
      'container-taken',
      'a container of that name runs on this machine that is not ours',
    );
  }
  return keptOf(name, facts, policy);
}

/** Why the user is not the one that we have made; undefined when it is, or is not there. */
function unlikeOurs(
  name: AccountName,
  unix: UnixAccounts,
  type: AccountRecord['type'],
  ids: AccountIds,
  layout: MachineLayout,
): string | undefined {
  const user = unix.users.get(name);
  if (user === undefined) return undefined;
  const shell = type === 'sliver' ? layout.sliverShell : layout.delegateShell;
  if (user.shell !== shell) {
    return `the user of that name has the login shell ${user.shell}, and not ours (${shell})`;
  }
  if (user.uid !== ids.uid) {
    return `the user of that name has the id ${user.uid}, and our record says ${ids.uid}`;
  }
  const other = unix.otherWith(ids.uid, name);
  return other === undefined ? undefined : `its user id ${ids.uid} is also that of user ${other}`;
}

/** The user, as far as it is as we make users. */
function userOf(name: AccountName, unix: UnixAccounts, ids: AccountIds, policy: IdPolicy) {
  const user = unix.users.get(name);
  const stray = unix.hasRangeBeside(name, ids.slot, policy);
  const halfMade = user !== undefined && (!user.inShadow || stray);
  const missing: UserState = unix.hasRemains(name) ? 'half-removed' : 'none';
  const state: UserState = halfMade ? 'half-made' : 'whole';
  return {
    user: user === undefined ? missing : state,
    login: user?.inShadow === true && !user.expires,
    idTakenBy: user === undefined ? unix.otherWith(ids.uid, name) : undefined,
  };
}

function filesIn({ folder, kept }: AccountFacts, ids: AccountIds): SliverFiles {
  if (folder?.image !== undefined && folder.project === ids.project) {
    return { where: 'in-place', image: folder.image };
  }
  const newest = kept.findLast(isWhole);
  if (newest?.image === undefined) return { where: 'none' };
  return { where: 'kept', since: newest.since, image: newest.image };
}

/** What the kernel enforces: a sliver that does not run is held to its quota alone. */
function limitsOf({ limits, diskQuota }: AccountFacts): Limits {
  return { ...limits, ...(diskQuota === 0 ? {} : { diskQuota }) };
}

/** Why a sliver that runs does not work, or cannot be seen to. */
function ailmentOf({ unit, limits }: AccountFacts): string | undefined {
  if (unit?.active !== true) return undefined;
  return unit.ailing ?? (limits === undefined ? 'its control group cannot be read yet' : undefined);
}

function sliverOf(
  name: AccountName,
  facts: AccountFacts,
  ids: AccountIds,
  policy: IdPolicy,
): ObservedSliver {
  const { folder, unit, unix } = facts;
  const files = filesIn(facts, ids);
  const range = unix.hasRange(name, ids.base);
  const settings =
    files.where === 'in-place' ? unitSettings(name, ids.base, files.image) : undefined;
  return {
    state: unit?.active === true ? 'running' : 'stopped',
    ailing: ailmentOf(facts),
    slot: ids.slot,
    ...userOf(name, unix, ids, policy),
    range,
    rangeTakenBy: range ? undefined : unix.otherWithRange(ids.base, name),
    files,
    halfMade: folder !== undefined && files.where !== 'in-place',
    limits: limitsOf(facts),
    inodesDiffer: facts.inodes !== inodeLimit(facts.diskQuota),
    initscript: files.where === 'in-place' ? folder?.initscript : undefined,
    keys: facts.keys,
    unit: settings !== undefined && folder?.unitSettings === settings,
    starts: facts.starts,
    loginNote: facts.loginNote,
    toldOf: files.where === 'in-place' ? folder?.toldOf : undefined,
  };
}

/** deriveAccount returns the state of the account `name` as the facts have it. */
export function deriveAccount(
  name: AccountName,
  facts: AccountFacts,
  policy: IdPolicy,
  layout: MachineLayout,
): ObservedAccount {
  const { record, unix, keys } = facts;
  if (record === 'none') return withoutRecord(name, facts, policy);
  if ('damaged' in record)
    return foreign('record-damaged', `our record of it is damaged: ${record.damaged}`);
  const ids = idsOf(record.slot, policy);
  const unlike = unlikeOurs(name, unix, record.type, ids, layout);
  if (unlike !== undefined) return foreign('name-taken', unlike);
  if (record.type === 'sliver') return sliverOf(name, facts, ids, policy);
  return { state: 'delegate', slot: ids.slot, keys, ...userOf(name, unix, ids, policy) };
}
