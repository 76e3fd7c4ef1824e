/**
 * The port to the machine: what an implementation must observe and carry out. The real node and the dry
 * run are behind it; nothing in front of it knows which.
 */
import type { AccountName } from '@nodemgr/records';
import type { Slot } from './account-ids.ts';
import type { AccountStep } from './account-steps.ts';
import type { ObservedAccount } from './observed-account.ts';

/** Everything that a machine has of us. */
export interface MachineView {
  /** Our accounts, and the kept files of former ones. */
  readonly accounts: ReadonlyMap<AccountName, ObservedAccount>;
  /** Slots whose ids are in use by others. */
  readonly foreignSlots: ReadonlySet<Slot>;
}

export interface Machine {
  /** How the operator calls it. */
  readonly driver: string;
  /** observe looks at everything, afresh. Rejects when the machine cannot be looked at. */
  observe(): Promise<MachineView>;
  /** observeAccount looks at one account: `absent` or `foreign` where it is not ours. */
  observeAccount(name: AccountName, signal: AbortSignal): Promise<ObservedAccount>;
  /** execute carries out one step; rejects with the reason when that fails. A step may be repeated. */
  execute(name: AccountName, step: AccountStep, signal: AbortSignal): Promise<void>;
  /** commandsOf returns the commands that a step stands for, for people. */
  commandsOf(name: AccountName, step: AccountStep): readonly string[];
}
