/**
 * The whole of the node's bandwidth limits as data: what is wanted, and what the kernel has.
 *
 *   1:1 link ─┬─ 1:2 cap ────┬─ 1:10 the node itself    (also for whatever nobody is known to send)
 *             │              └─ 1:1000… a leaf for each sliver
 *             └─ 1:3 exempt ─┬─ 1:11 the node itself
 *                            └─ 1:8000… a leaf for each sliver
 */
import type { AccountName, BitsPerSecond, HostUid } from '@nodemgr/records';

declare const bytesUnit: unique symbol;
export type Bytes = number & { readonly [bytesUnit]: 'Bytes' };
export const bytes = (value: number): Bytes => value as Bytes;

declare const minorUnit: unique symbol;
/** The part of a class id after the colon: 16 bits. */
export type ClassMinor = number & { readonly [minorUnit]: 'ClassMinor' };
const minor = (value: number): ClassMinor => value as ClassMinor;

declare const leafUnit: unique symbol;
/** Which of the leaves is a sliver's: it keeps it while it exists. */
export type LeafIndex = number & { readonly [leafUnit]: 'LeafIndex' };
export const leafIndex = (value: number): LeafIndex => value as LeafIndex;

/** One HTB class (tc-htb(8)). */
export interface HtbClass {
  /** Guaranteed. */
  readonly rate: BitsPerSecond;
  /** With what others leave. */
  readonly ceil: BitsPerSecond;
  /** Sent at once at most, of `rate` and of `ceil`. */
  readonly burst: Bytes;
  readonly cburst: Bytes;
  /** Sent in each turn when spare bandwidth is shared. */
  readonly quantum: Bytes;
}

/** The classes that do not belong to a sliver. */
export const FIXED_CLASSES = ['link', 'cap', 'exempt', 'node', 'nodeExempt'] as const;
export type FixedClass = (typeof FIXED_CLASSES)[number];

/** What is on the uplink before any sliver. */
export interface NodeTree extends Readonly<Record<FixedClass, HtbClass>> {
  readonly interface: string;
}

/** A sliver's two leaves, and the user ids that they are for: `first` to `last`, both included. */
export interface SliverLeaves {
  readonly index: LeafIndex;
  readonly first: HostUid;
  readonly last: HostUid;
  readonly ordinary: HtbClass;
  readonly exempt: HtbClass;
}

/** Networks outside the cap: canonical prefixes, none inside another. */
export interface ExemptNetworks {
  readonly v4: ReadonlySet<string>;
  readonly v6: ReadonlySet<string>;
}
export type Family = keyof ExemptNetworks;

export interface BandwidthState {
  /** Undefined: nothing of ours is installed. */
  readonly tree: NodeTree | undefined;
  readonly slivers: ReadonlyMap<AccountName, SliverLeaves>;
  readonly networks: ExemptNetworks;
}

export const NOTHING_INSTALLED: BandwidthState = Object.freeze({
  tree: undefined,
  slivers: new Map(),
  networks: { v4: new Set<string>(), v6: new Set<string>() },
});

/** Our handle; the number before the colon of every class id. */
export const HANDLE = 1;
export const FIXED_MINORS: Readonly<Record<FixedClass, ClassMinor>> = {
  link: minor(0x1),
  cap: minor(0x2),
  exempt: minor(0x3),
  node: minor(0x10),
  nodeExempt: minor(0x11),
};
const FIRST_ORDINARY = 0x1000;
const FIRST_EXEMPT = 0x8000;
/** Slivers that fit into 16 bits, two leaves each. */
export const MAX_LEAVES = FIRST_EXEMPT - FIRST_ORDINARY;

export type Branch = 'ordinary' | 'exempt';
export const BRANCHES: readonly Branch[] = ['ordinary', 'exempt'];

/** minorOf returns the class of a sliver's leaf in one branch. */
export function minorOf(index: LeafIndex, branch: Branch): ClassMinor {
  return minor((branch === 'ordinary' ? FIRST_ORDINARY : FIRST_EXEMPT) + index);
}

/** sameClass reports whether two classes are alike in everything. */
export function sameClass(a: HtbClass, b: HtbClass): boolean {
  return (
    a.rate === b.rate &&
    a.ceil === b.ceil &&
    a.burst === b.burst &&
    a.cburst === b.cburst &&
    a.quantum === b.quantum
  );
}
