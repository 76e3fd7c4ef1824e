/**
 * The whole of the node's bandwidth limits as data: what is wanted, and what the kernel has. Of a class id
 * only the part after the colon is written here; the part before it is our handle.
 *
 *   :1 link ─┬─ :2 cap ────┬─ :10 the node itself    (also for whatever nobody is known to send)
 *            │             └─ :1000… a leaf for each sliver
 *            └─ :3 exempt ─┬─ :11 the node itself
 *                          └─ :8000… a leaf for each sliver
 */
import type { AccountName, BitsPerSecond, HostUid } from '@nodemgr/records';

declare const bytesUnit: unique symbol;
export type Bytes = number & { readonly [bytesUnit]: 'Bytes' };
export const bytes = (value: number): Bytes => value as Bytes;

declare const minorUnit: unique symbol;
/** The part of a class id after the colon: 16 bits. */
export type ClassMinor = number & { readonly [minorUnit]: 'ClassMinor' };
export const classMinor = (value: number): ClassMinor => value as ClassMinor;

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

/** What the kernel has of it: our root, and under it whatever nobody has taken away. */
export interface ObservedTree extends Readonly<Partial<Record<FixedClass, HtbClass>>> {
  readonly interface: string;
}

export type Branch = 'ordinary' | 'exempt';
export const BRANCHES: readonly Branch[] = ['ordinary', 'exempt'];

/** Which leaves are for which user ids: `first` to `last`, both included. */
export interface Mapping {
  readonly index: LeafIndex;
  readonly first: HostUid;
  readonly last: HostUid;
}

/** A sliver's two leaves. */
export interface SliverLeaves extends Mapping, Readonly<Record<Branch, HtbClass>> {}

/** What the kernel has of them: the user ids are known, the classes may not be there. */
export interface ObservedLeaves extends Mapping, Readonly<Partial<Record<Branch, HtbClass>>> {}

/** withoutClasses returns slivers as they are when the tree that their classes were in has gone. */
export function withoutClasses(
  slivers: ReadonlyMap<AccountName, ObservedLeaves>,
): Map<AccountName, ObservedLeaves> {
  return new Map(
    [...slivers].map(([name, { index, first, last }]) => [name, { index, first, last }]),
  );
}

/** Networks outside the cap: canonical prefixes, none inside another. */
export interface ExemptNetworks {
  readonly v4: ReadonlySet<string>;
  readonly v6: ReadonlySet<string>;
}
export type Family = keyof ExemptNetworks;

/** What is wanted, as a whole. */
export interface WantedBandwidth {
  readonly tree: NodeTree;
  readonly slivers: ReadonlyMap<AccountName, SliverLeaves>;
  readonly networks: ExemptNetworks;
}

/** What the kernel has of ours. */
export interface BandwidthState {
  /** The tree on the uplink; undefined: there is none. */
  readonly tree: ObservedTree | undefined;
  /** Whether our table is there, with all its rules. Where it is not, no sliver and no network is known. */
  readonly table: boolean;
  readonly slivers: ReadonlyMap<AccountName, ObservedLeaves>;
  readonly networks: ExemptNetworks;
  /** Leaves in our tree that no sliver's packets go to. */
  readonly strays: ReadonlySet<ClassMinor>;
  /** Other interfaces that have a tree of ours. */
  readonly elsewhere: ReadonlySet<string>;
  /** What someone else has put where our tree would be, in tc's words: `tbf 8001:`. */
  readonly inTheWay?: string;
}

export const NOTHING_INSTALLED: BandwidthState = Object.freeze({
  tree: undefined,
  table: false,
  slivers: new Map(),
  networks: { v4: new Set<string>(), v6: new Set<string>() },
  strays: new Set<ClassMinor>(),
  elsewhere: new Set<string>(),
});

/** Our handle, 4e4d: in tc's words: nobody takes it by chance, as they do 1:. */
export const HANDLE = 0x4e4d;
export const FIXED_MINORS: Readonly<Record<FixedClass, ClassMinor>> = {
  link: classMinor(0x1),
  cap: classMinor(0x2),
  exempt: classMinor(0x3),
  node: classMinor(0x10),
  nodeExempt: classMinor(0x11),
};
const FIRST_LEAF: Readonly<Record<Branch, number>> = { ordinary: 0x1000, exempt: 0x8000 };
/** Slivers that fit into 16 bits, two leaves each. */
export const MAX_LEAVES = FIRST_LEAF.exempt - FIRST_LEAF.ordinary;

/** minorOf returns the class of a sliver's leaf in one branch. */
export function minorOf(index: LeafIndex, branch: Branch): ClassMinor {
  return classMinor(FIRST_LEAF[branch] + index);
}

/** leafOf returns whose leaf a class is, and in which branch; undefined: no sliver's. */
export function leafOf(
  minorNumber: number,
): { readonly index: LeafIndex; readonly branch: Branch } | undefined {
  for (const branch of BRANCHES) {
    const index = minorNumber - FIRST_LEAF[branch];
    if (index >= 0 && index < MAX_LEAVES) return { index: leafIndex(index), branch };
  }
  return undefined;
}

/** classId returns a class id as tc and nft write it: hexadecimal. */
export function classId(minorNumber: ClassMinor): string {
  return `${HANDLE.toString(16)}:${minorNumber.toString(16)}`;
}

/** tc counts a burst in whole microseconds of its rate. */
const BURST_GRAIN_SECONDS = 2e-6;

function sameBurst(a: Bytes, b: Bytes, rate: BitsPerSecond): boolean {
  return Math.abs(a - b) <= 1 + (rate / 8) * BURST_GRAIN_SECONDS;
}

/** sameClass reports whether two classes are alike in everything, as far as tc can tell them apart. */
export function sameClass(a: HtbClass, b: HtbClass | undefined): boolean {
  return (
    a.rate === b?.rate &&
    a.ceil === b.ceil &&
    sameBurst(a.burst, b.burst, a.rate) &&
    sameBurst(a.cburst, b.cburst, a.ceil) &&
    a.quantum === b.quantum
  );
}
