/**
 * The HTB tree on the uplink: which classes it has, and their ids. Pure. A class id is `4e4d:` and what
 * stands in the picture; only that second part is written in this program.
 *
 *   :1 link ─┬─ :2 cap ────┬─ :10 the node itself    (also for packets of no known sender)
 *            │             └─ :1000… a leaf for each sliver
 *            └─ :3 exempt ─┬─ :11 the node itself
 *                          └─ :8000… a leaf for each sliver
 */
declare const minorUnit: unique symbol;
/** The part of a class id after the colon: 16 bits. */
export type ClassMinor = number & { readonly [minorUnit]: 'ClassMinor' };
export const classMinor = (value: number): ClassMinor => value as ClassMinor;

declare const leafUnit: unique symbol;
/** A sliver's place among the leaves: the sliver keeps it while it exists. */
export type LeafIndex = number & { readonly [leafUnit]: 'LeafIndex' };
export const leafIndex = (value: number): LeafIndex => value as LeafIndex;

/** The classes that do not belong to a sliver. */
export const FIXED_CLASSES = ['link', 'cap', 'exempt', 'node', 'nodeExempt'] as const;
export type FixedClass = (typeof FIXED_CLASSES)[number];

/** The two halves of the tree: traffic that the node's cap holds, and traffic to exempt networks. */
export type Branch = 'ordinary' | 'exempt';
export const BRANCHES: readonly Branch[] = ['ordinary', 'exempt'];

/** What some of the branches have. */
export type ByBranch<Value> = Readonly<Partial<Record<Branch, Value>>>;

/** byBranch returns what `partOf` has for each branch, without those for which it has nothing. */
export function byBranch<Value>(partOf: (branch: Branch) => Value | undefined): ByBranch<Value> {
  const values: Partial<Record<Branch, Value>> = {};
  for (const branch of BRANCHES) {
    const value = partOf(branch);
    if (value !== undefined) values[branch] = value;
  }
  return values;
}

/** Our handle, `4e4d:` in tc's notation: nobody takes it by chance, as they take `1:`. */
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

/** leafOf returns the place and the branch of a leaf; undefined: the class is no sliver's. */
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
