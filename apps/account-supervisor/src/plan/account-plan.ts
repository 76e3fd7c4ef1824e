/** What the planner is told about an account, and what it answers. Types only. */
import type { ImageVersion } from '@nodemgr/images';
import type { AccountType, EpochSeconds, ImageName } from '@nodemgr/records';
import type { DesiredAccount } from '../desired/desired-account.ts';
import type { Limits } from '../limits/table.ts';
import type { ObservedSliver } from '../observed/observed-account.ts';
import type { AccountIds } from '../slots/account-ids.ts';
import type { Cause } from '../waits/causes.ts';
import type { AccountStep } from './account-steps.ts';

/** What the planner is told about one account. */
export type Target =
  | {
      readonly wanted: DesiredAccount;
      /** Undefined: every slot is taken. */
      readonly ids: AccountIds | undefined;
      /** What it is given of what all share. Undefined where the sliver is not to run: whatever it has may stay. */
      readonly shared?: Limits | undefined;
    }
  | { readonly wanted: 'nothing' }
  /** It ought to go and may not: it is left as it is. */
  | { readonly wanted: 'unchanged' };

export interface Circumstances {
  readonly now: EpochSeconds;
  /** Whether `now` may end anything: nothing is purged by a clock that is not trusted. */
  readonly clockTrusted: boolean;
  /** How long a removed sliver's files are kept. */
  readonly keepSeconds: number;
  /** Ids by slot, for accounts that exist. */
  readonly idsOf: (slot: ObservedSliver['slot']) => AccountIds;
  /** Why there is no slot for an account of a type, for people. */
  readonly noSlot: (type: AccountType) => string;
  /** The newest version of an image on this node; undefined: there is none of that name. */
  readonly newestImage: (name: ImageName) => ImageVersion | undefined;
}

export interface AccountPlan {
  readonly steps: readonly AccountStep[];
  /** Why the account cannot be made, where that is so, and what it waits for. */
  readonly blocked?: Blocked;
  /** What is not as it should be and waits for somebody else: shown, not tried again by itself. */
  readonly deferred?: Trouble;
  /** What does not work though nothing is left to be done: shown, and looked at again and again. */
  readonly failing?: Trouble;
}

/** What keeps an account from being made. */
export interface Blocked {
  readonly cause: Cause;
  readonly reason: string;
}

/** Something that steps cannot mend. */
export interface Trouble {
  readonly action: string;
  readonly reason: string;
}
