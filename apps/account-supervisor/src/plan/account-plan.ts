/** The planner's input about an account, and its result. Pure. */
import type { EventAuthor, Failure, Unmet } from '@nodemgr/contracts';
import type { ImageVersion } from '@nodemgr/images';
import type { AccountName, AccountType, EpochSeconds, ImageName } from '@nodemgr/records';
import type { DesiredAccount } from '../desired/desired-account.ts';
import type { Reason } from '../desired/reasons.ts';
import type { Limits } from '../limits/table.ts';
import type { ObservedSliver } from '../observed/observed-account.ts';
import type { AccountIds } from '../slots/account-ids.ts';
import type { Cause } from '../waits/causes.ts';
import type { AccountStep, StopTold } from './account-steps.ts';

/** The goal of a plan for one account. */
export type Target =
  | {
      readonly wanted: DesiredAccount;
      /** Undefined: every slot is taken. */
      readonly ids: AccountIds | undefined;
      /** Its part of all that slivers share. Undefined where the sliver is not to run: all that it has may stay. */
      readonly shared?: Limits | undefined;
    }
  | {
      readonly wanted: 'nothing';
      readonly reason: Reason;
      /** When its record was found to have expired, where that is why it goes. */
      readonly expirySeenAt?: EpochSeconds | undefined;
    }
  /** It ought to go and may not: it is left as it is. */
  | { readonly wanted: 'unchanged' };

export interface Circumstances {
  readonly name: AccountName;
  readonly now: EpochSeconds;
  /** Whether `now` may end anything: nothing is purged by a clock that is not trusted. */
  readonly clockTrusted: boolean;
  /** How long a removed sliver's files are kept. */
  readonly keepSeconds: number;
  /** The operator who wants what is kept of it gone now; undefined: nobody does. */
  readonly forgottenBy?: EventAuthor | undefined;
  /** Ids by slot, for accounts that exist. */
  readonly idsOf: (slot: ObservedSliver['slot']) => AccountIds;
  /** How tenants are told of a stop. */
  readonly tellBy: readonly StopTold[];
  /** Why there is no slot for an account of a type, for people. */
  readonly noSlot: (type: AccountType) => string;
  /** The newest version of an image on this node; undefined: there is none of that name. */
  readonly newestImage: (name: ImageName) => ImageVersion | undefined;
  /** Why there is no room for one more sliver; undefined: there is. */
  readonly noRoom: string | undefined;
  /** How the last attempt on the account failed; undefined: it did not. */
  readonly lastFailure: Failure | undefined;
}

/** A step, and why it is taken. */
export interface ReasonedStep {
  readonly step: AccountStep;
  readonly reason: Reason;
}

/** The planner's result: it has done none of it. */
export interface AccountPlan<Step = ReasonedStep> {
  readonly steps: readonly Step[];
  /** Something wanted that these steps do not bring about. */
  readonly unmet?: Unmet;
  /** The cause whose end would bring it about; absent where the account's own next start does. */
  readonly waitsFor?: Cause;
  /** When a trusted clock has something to do about the kept files (seconds since 1970). */
  readonly purgeAt?: number;
  /** When a trusted clock has tenants told of a stop (seconds since 1970). */
  readonly tellAt?: number;
}

/** blocked returns the plan for an account that cannot be made before `waitsFor` is mended. */
export function blocked(waitsFor: Cause, reason: string): AccountPlan {
  return { steps: [], unmet: { outcome: 'blocked', action: 'create', reason }, waitsFor };
}
