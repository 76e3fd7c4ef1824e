/**
 * The port to the machine: what an implementation must observe and carry out. The real node and the dry
 * run are behind it; nothing in front of it knows which.
 */
import type { Reading } from '@nodemgr/contracts';
import type { Sign } from '@nodemgr/daemon';
import type { ImageVersion } from '@nodemgr/images';
import type { AccountName, ImageName } from '@nodemgr/records';
import type { DiskFacts } from '../disk/judge-disk.ts';
import type { NodeFacts } from '../limits/limit.ts';
import type { Limits } from '../limits/table.ts';
import type { ObservedAccount } from '../observed/observed-account.ts';
import type { AccountStep } from '../plan/account-steps.ts';
import type { Slot } from '../slots/account-ids.ts';
import type { ForeignIds } from '../slots/foreign-ids.ts';
import type { SignName } from '../waits/causes.ts';

/** What is counted of a sliver now, at one look. */
export interface SliverCounted {
  /** The boot and the start that the counters are of; '' where it does not run. */
  readonly era: string;
  readonly readings: readonly Pick<Reading, 'resource' | 'used'>[];
}

/** HolderOf returns the account of ours that has a slot, if one has. */
export type HolderOf = (place: Slot) => AccountName | undefined;

/** Where the machine shows that something has been mended. */
export type MachineSigns = Readonly<Record<SignName, Sign>>;

/**
 * A step found somebody who has the name or the user id and whom no observation had shown. The next one
 * shows them: it is worth to look again at once.
 */
export class StrangerFound extends Error {}

export interface Machine {
  /** How the operator calls it. */
  readonly driver: string;
  readonly signs: MachineSigns;
  /** What limits have to know of it. */
  readonly node: NodeFacts;
  /** What the slices above the slivers have, as of the last observation. */
  readonly slices: Limits;
  /**
   * observe looks at everything, afresh: our accounts, and the kept files of former ones. Rejects when
   * the machine cannot be looked at.
   */
  observe(): Promise<ReadonlyMap<AccountName, ObservedAccount>>;
  /** foreignIds returns the ids of our slots that somebody uses now who does not hold the slot. */
  foreignIds(holderOf: HolderOf): Promise<ForeignIds>;
  /** observeAccount looks at one account: `absent` or `foreign` where it is not ours. */
  observeAccount(name: AccountName, signal: AbortSignal): Promise<ObservedAccount>;
  /** execute carries out one step; rejects with the reason when that fails. A step may be repeated. */
  execute(name: AccountName, step: AccountStep, signal: AbortSignal): Promise<void>;
  /** newestImage returns the newest version of an image, as of the last observation; undefined: there is none. */
  newestImage(name: ImageName): ImageVersion | undefined;
  /** readings returns what is really in force for `name`, read back now; none where it does not exist. */
  readings(name: AccountName, signal: AbortSignal): Promise<readonly Reading[]>;
  /** counted returns what is counted of a sliver now, in a few system calls; nothing where nobody counts. */
  counted(name: AccountName, place: Slot): SliverCounted | undefined;
  /** diskFacts looks at the file system that holds the slivers; undefined: there is none to look at. */
  diskFacts(): Promise<DiskFacts | undefined>;
  /** usedOnDisk returns what the files of a slot's sliver take (KiB); throws where nobody counts it. */
  usedOnDisk(place: Slot): number;
  /** close ends whatever the implementation does by itself, and what must not be cut short, within a second. */
  close(): Promise<void>;
  /** commandsOf returns the commands that a step stands for, for people. */
  commandsOf(name: AccountName, step: AccountStep): readonly string[];
}
