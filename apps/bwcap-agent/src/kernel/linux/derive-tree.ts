/** Makes our state of the classes that the kernel reports below our root. Pure. */
import type { HtbClassReading } from '@nodemgr/native';
import { classFrom, type HtbClass } from '../../limits/htb-class.ts';
import {
  type Branch,
  type ClassMinor,
  FIXED_CLASSES,
  FIXED_MINORS,
  type FixedClass,
  type LeafIndex,
  leafOf,
  minorOf,
} from '../../limits/htb-tree.ts';

type LeafClasses = Readonly<Partial<Record<Branch, HtbClass>>>;

/** The classes of a tree by what they are for. */
export interface TreeClasses {
  readonly fixed: Readonly<Partial<Record<FixedClass, HtbClass>>>;
  readonly leaves: ReadonlyMap<LeafIndex, LeafClasses>;
}

/** classesIn sorts the classes of one interface; those that are none of ours are left out. */
export function classesIn(readings: readonly HtbClassReading[]): TreeClasses {
  const fixed: Partial<Record<FixedClass, HtbClass>> = {};
  const leaves = new Map<LeafIndex, LeafClasses>();
  for (const reading of readings) {
    const which = FIXED_CLASSES.find((one) => FIXED_MINORS[one] === reading.minor);
    if (which !== undefined) fixed[which] = classFrom(reading);
    const leaf = leafOf(reading.minor);
    if (leaf === undefined) continue;
    leaves.set(leaf.index, { ...leaves.get(leaf.index), [leaf.branch]: classFrom(reading) });
  }
  return { fixed, leaves };
}

/** straysIn returns the leaves at places that are not in `used`. */
export function straysIn(
  leaves: TreeClasses['leaves'],
  used: ReadonlySet<LeafIndex>,
): ReadonlySet<ClassMinor> {
  const strays = new Set<ClassMinor>();
  for (const [index, { ordinary, exempt }] of leaves) {
    if (used.has(index)) continue;
    if (ordinary !== undefined) strays.add(minorOf(index, 'ordinary'));
    if (exempt !== undefined) strays.add(minorOf(index, 'exempt'));
  }
  return strays;
}
