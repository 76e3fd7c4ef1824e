/**
 * The port to the machine: what an implementation must observe and carry out. The real node and the dry
 * run are behind it; nothing in front of it knows which.
 */
import type { ImageVersion } from '@nodemgr/images';
import type { AccountName, ImageName, ResourceName } from '@nodemgr/records';
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

/** One thing that the kernel holds an account to, or has counted of it, read back where it is enforced. */
export interface Reading {
  /** The RSpec's resource that it enforces. */
  readonly resource: ResourceName;
  /** Where it was read: `cpu.weight`, `memory.max`, `project quota`, … */
  readonly from: string;
  /** In the words of the kernel, with its unit: `64`, `20000 KiB`, `max`. */
  readonly value: string;
  /** What is used of it now, likewise; undefined where the kernel counts nothing. */
  readonly used?: string | undefined;
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
  /** newestImage returns the newest version of an image, as of the last observation; undefined: there is none. */
  newestImage(name: ImageName): ImageVersion | undefined;
  /** readings returns what is really in force for `name`, read back now; none where it does not exist. */
  readings(name: AccountName, signal: AbortSignal): Promise<readonly Reading[]>;
  /** close ends whatever the implementation does by itself. */
  close(): void;
  /** commandsOf returns the commands that a step stands for, for people. */
  commandsOf(name: AccountName, step: AccountStep): readonly string[];
}
