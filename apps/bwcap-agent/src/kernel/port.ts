/** The port to the kernel's traffic control: what an implementation must read and change. */
import type { Sign } from '@nodemgr/daemon';
import type { ClassMinor } from '../limits/htb-tree.ts';
import type { BandwidthState } from '../observed/bandwidth-state.ts';
import type { BandwidthStep } from '../plan/bandwidth-steps.ts';
import type { FoundUplink, Uplink } from './uplink.ts';

/** Counters of a class since it was made. */
export interface ClassCounters {
  readonly sentBytes: number;
  readonly sentPackets: number;
  /** Packets that found its queue full. */
  readonly dropped: number;
  /** Waiting to be sent. */
  readonly backlogBytes: number;
}

/** Changes of the network since somebody last asked. */
export interface Happenings {
  /** The uplink may be another, or another kind of one. */
  readonly uplink: boolean;
  /** Someone else may have changed what is ours. */
  readonly limits: boolean;
}

/**
 * The places where it shows that what a failed attempt lacked has come. `happened` reports the network itself;
 * everything else waits for the back-off.
 */
export const SIGNS = [
  /** tc(8) and nft(8) are installed. */
  'programs',
  /** A module of the kernel's is there (sch_htb, nf_tables, …). */
  'modules',
  /** The dry run's state can be written. */
  'room',
  'writable',
] as const;
export type SignName = (typeof SIGNS)[number];

export interface Kernel {
  /** How the operator calls it. */
  readonly driver: string;
  readonly signs: Readonly<Record<SignName, Sign>>;
  findUplink(): Promise<FoundUplink>;
  /** happened returns what has happened since the last call; what `apply` itself did does not count. */
  happened(): Happenings;
  /** read returns what the kernel has of ours. Rejects when that cannot be found out. */
  read(uplink: Uplink): Promise<BandwidthState>;
  /** apply makes all changes; rejects with the reason, and some of them may have been made then. */
  apply(steps: readonly BandwidthStep[]): Promise<void>;
  /**
   * counters returns what each class of our tree has sent; none where nothing is counted. At once: what comes later
   * than what was read after it would pass for a class that was made anew.
   */
  counters(uplink: Uplink): ReadonlyMap<ClassMinor, ClassCounters>;
  close(): void;
}
