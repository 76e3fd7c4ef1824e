/**
 * The state of an account on the machine: a driver observes it, and the planner compares it. Half-made and
 * half-removed accounts are states like any other: whatever a power cut left can be said here.
 *
 *   absent ──create-user──▶ stopped ──start-unit──▶ running
 *     ▲                      │  ▲                     │
 *     │                      │  └─────stop-unit───────┘
 *     │        keep-files, remove-user
 *     └──purge-files── kept ◀┘        (a delegate: absent ◀──▶ delegate)
 *
 * An expired sliver has its files kept and stays `stopped` meanwhile, for its logins to be told (isExpired).
 */
import type { ImageVersion } from '@nodemgr/images';
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';
import type { Limits } from '../limits/table.ts';
import type { Slot } from '../slots/account-ids.ts';
import type { Cause } from '../waits/causes.ts';
import type { LoginNote } from './login-note.ts';

declare const digestUnit: unique symbol;
/** SHA-256 of a text, in hex: it distinguishes two contents. */
export type Digest = string & { readonly [digestUnit]: 'Digest' };

/**
 * The time of a removal that happened while the clock was not trusted. Files that bear it are dated when
 * the clock is trusted again: their time begins then.
 */
export const UNDATED = epochSeconds(0);

/** Where a sliver's own files are. */
export type SliverFiles =
  /** Nowhere: never made, or purged. */
  | { readonly where: 'none' }
  | { readonly where: 'in-place'; readonly image: ImageVersion }
  /** Moved aside at `since` (or UNDATED), when the sliver was removed. */
  | { readonly where: 'kept'; readonly since: EpochSeconds; readonly image: ImageVersion };

/**
 * The Unix user of an account. useradd(8) and userdel(8) replace one file after the other, passwd(5)
 * first: cut short, they leave a user in some of them.
 */
export type UserState =
  | 'whole'
  /** In passwd, and not as we make users: no line in shadow(5), or an id range of another slot. Deleted and made again. */
  | 'half-made'
  /** Not in passwd, and still in others: made again, be it only to be deleted. */
  | 'half-removed'
  /** In none: not made yet, or deleted by somebody. */
  | 'none';

/** Nothing of it. Any account may be made here; a removal has nothing to do. */
export interface AbsentAccount {
  readonly state: 'absent';
}

/** A user of that name is on the machine and not ours. No step touches it; the account fails. */
export interface ForeignAccount {
  readonly state: 'foreign';
  /** The cause whose end would end it. */
  readonly cause: Extract<
    Cause,
    'name-taken' | 'record-damaged' | 'files-of-nobody' | 'container-taken'
  >;
  readonly reason: string;
}

/**
 * A removed sliver's files, and the slot that they keep. The sliver may come back to them while they are
 * whole; time purges them.
 */
export interface KeptSliver {
  readonly state: 'kept';
  /** Undefined: nothing that is left of them carries ids. */
  readonly slot: Slot | undefined;
  /** When they were moved aside; UNDATED: by a clock that was not trusted. */
  readonly since: EpochSeconds;
  /** Undefined: they are not whole, since their purge was cut short; it goes on at once. */
  readonly image: ImageVersion | undefined;
  /** Somebody else's user that has the account's user id by now. */
  readonly idTakenBy?: string | undefined;
}

/** A delegate's Unix account. Repaired by its parts, removed at once. */
export interface ObservedDelegate {
  readonly state: 'delegate';
  readonly slot: Slot;
  readonly user: UserState;
  /** Somebody else's user that has its user id, where there is no user of ours. */
  readonly idTakenBy?: string | undefined;
  /** Undefined: not installed. */
  readonly keys?: Digest | undefined;
  readonly login: boolean;
}

/** A sliver's account with whatever parts it has; an undefined part was not made yet. */
export interface ObservedSliver {
  /** Its unit does not run, or does: parts that a running sliver stands on are repaired only while stopped. */
  readonly state: 'stopped' | 'running';
  /** Why a running sliver does not work: its unit ends by itself and systemd starts it again and again. */
  readonly ailing?: string | undefined;
  readonly slot: Slot;
  readonly user: UserState;
  /** Somebody else's user that has its user id, where there is no user of ours. */
  readonly idTakenBy?: string | undefined;
  /** Whether its id range is registered. */
  readonly range: boolean;
  /** Who has ids of that range, where it is not registered for the sliver: for people. */
  readonly rangeTakenBy?: string | undefined;
  readonly files: SliverFiles;
  /** Whether there are files in place that are not whole: making them was cut short. */
  readonly halfMade: boolean;
  /** The limits that the kernel holds it to, or will once it runs. */
  readonly limits: Limits;
  /** Whether another number of inodes is allowed than goes with its disk quota (inode-limit.ts). */
  readonly inodesDiffer?: boolean | undefined;
  readonly initscript?: Digest | undefined;
  readonly keys?: Digest | undefined;
  /** Whether its unit is written, and as it should be. */
  readonly unit: boolean;
  readonly login: boolean;
  /** How many calls of Start have been carried out (LocalFacts.starts). */
  readonly starts: number;
  /** The time of the stop that its tenants have been told of. */
  readonly toldOf?: EpochSeconds | undefined;
  /** What whoever logs in is told while it cannot be entered. */
  readonly loginNote?: LoginNote | undefined;
}

export interface ExpiredSliver extends ObservedSliver {
  readonly state: 'stopped';
  readonly files: Extract<SliverFiles, { where: 'kept' }>;
}

export type ObservedAccount =
  | AbsentAccount
  | ForeignAccount
  | KeptSliver
  | ObservedDelegate
  | ObservedSliver;

export const ABSENT: AbsentAccount = Object.freeze({ state: 'absent' });

/** isObservedSliver reports whether a sliver's account exists, be it half-made. */
export function isObservedSliver(account: ObservedAccount): account is ObservedSliver {
  return account.state === 'stopped' || account.state === 'running';
}

/**
 * isExpired reports whether all that is left of a sliver is kept files and an account that lets nobody in, and
 * says that the sliver has expired. To everybody else it counts as removed.
 */
export function isExpired(account: ObservedAccount): account is ExpiredSliver {
  return (
    account.state === 'stopped' &&
    account.files.where === 'kept' &&
    account.loginNote?.cause === 'expired'
  );
}

/** isUnfinished reports whether the account has yet to be made to its end: what is done to it then is part of that. */
export function isUnfinished(account: ObservedAccount): boolean {
  if (account.state === 'delegate') return account.keys === undefined;
  if (!isObservedSliver(account)) return true;
  return !account.unit || account.limits.diskQuota === undefined || account.keys === undefined;
}

/** filesOf returns the whole files of a sliver, whether or not it has an account (any more). */
export function filesOf(account: ObservedAccount): SliverFiles {
  if (isObservedSliver(account)) return account.files;
  if (account.state !== 'kept' || account.image === undefined) return { where: 'none' };
  return { where: 'kept', since: account.since, image: account.image };
}

/** newSliver returns a sliver's account as create-user leaves it. */
export function newSliver(slot: Slot, files: SliverFiles): ObservedSliver {
  return {
    state: 'stopped',
    slot,
    user: 'whole',
    range: false,
    files,
    halfMade: false,
    limits: {},
    unit: false,
    login: false,
    starts: 0,
  };
}
