/**
 * The steps that make, change and remove accounts: the name of each, and what it needs to be carried
 * out. Every step may be repeated: after a power cut it is not known whether it was done.
 */
import type { ImageVersion } from '@nodemgr/images';
import type { AccountType, EpochSeconds, HostUid } from '@nodemgr/records';
import type { Content } from '../desired/desired-account.ts';
import type { Limits } from '../limits/table.ts';
import type { LoginNote } from '../observed/login-note.ts';
import type { AccountIds, ProjectId } from '../slots/account-ids.ts';

/** How tenants are told of a stop. */
export type StopTold = 'file' | 'signal';

type Nothing = Readonly<Record<never, never>>;

export interface StepArguments {
  /**
   * The Unix user and the record that says it is ours: with a sliver's id range registered in the same
   * run, unless something is registered for that name already, and with logins let in or denied.
   */
  'create-user': {
    readonly type: AccountType;
    readonly ids: AccountIds;
    readonly range: boolean;
    readonly login: boolean;
  };
  /** Deletes a user that is ours and only half-made, with whatever ids are registered for it. */
  'discard-user': Nothing;
  /** Registers the sliver's 65536 ids. */
  'set-id-range': { readonly base: HostUid };
  'install-keys': { readonly keys: Content };
  /** The folders of the overlay on `image`, counted under the sliver's project. */
  'create-filesystem': {
    readonly base: HostUid;
    readonly project: ProjectId;
    readonly image: ImageVersion;
  };
  'set-disk-quota': { readonly project: ProjectId; readonly quota: number };
  'install-initscript': { readonly initscript: Content };
  /** The settings of the template unit for this sliver. */
  'write-unit': { readonly base: HostUid; readonly image: ImageVersion };
  /** Properties of its running unit that are to be others. Takes hold at once. */
  'set-limits': { readonly limits: Limits };
  /** Properties of the slices above all slivers, which their limits stand on. It is for all, whoever's plan it is in. */
  'set-slices': { readonly limits: Limits };
  /** All limits of its unit are set as it starts. Start scripts run by themselves; `starts` notes them as run. */
  'start-unit': { readonly starts: number; readonly limits: Limits };
  'run-start-scripts': { readonly starts: number };
  /** Tells the tenants that the sliver will be stopped: `left` seconds from now. */
  'tell-stop': {
    readonly at: EpochSeconds;
    readonly left: number;
    readonly base: HostUid;
    readonly by: readonly StopTold[];
  };
  /** What they were told is no more so. */
  'untell-stop': Nothing;
  /** Kills all processes of the sliver. */
  'stop-unit': Nothing;
  /** Nobody can log in with keys any more, which is the only way in. */
  'remove-keys': Nothing;
  'allow-login': Nothing;
  'deny-login': Nothing;
  /** What whoever logs in is told while the sliver cannot be entered. */
  'tell-logins': { readonly note: LoginNote };
  /** Goes also with a start. */
  'untell-logins': Nothing;
  /** Takes the id range from an account that lets nobody in and stays; ends what still runs as its user. */
  'free-id-range': { readonly ids: AccountIds };
  /** Moves the files aside, under the time of the removal (UNDATED where the clock is not trusted). */
  'keep-files': { readonly since: EpochSeconds };
  /** Gives kept files of an unknown time, which bear `from`, the time `since`: they are kept from then on. */
  'date-files': { readonly from: EpochSeconds; readonly since: EpochSeconds };
  'restore-files': { readonly since: EpochSeconds };
  /** Cut short, it leaves files that are not whole and say so (KeptSliver.image). */
  'purge-files': { readonly since: EpochSeconds };
  /** Deletes files in place that are not whole. */
  'discard-files': Nothing;
  /**
   * The user with what still runs as it, its id range, its keys, its unit's limits and our record of it.
   * Without `ids` there is no user of ours, and what runs under the id is somebody else's.
   */
  'remove-user': { readonly type: AccountType; readonly ids: AccountIds | undefined };
  'reset-disk-quota': { readonly project: ProjectId };
}

export type StepName = keyof StepArguments;

/** One step of one kind: its name and its arguments. */
export type StepOf<Name extends StepName> = { readonly step: Name } & StepArguments[Name];

export type AccountStep = { [Name in StepName]: StepOf<Name> }[StepName];
