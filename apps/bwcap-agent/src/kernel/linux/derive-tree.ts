/** What the kernel says of the classes below our root, told as our state. Pure. */
import type { HtbClassReading } from '@nodemgr/native';
import { bitsPerSecond } from '@nodemgr/records';
import {
  type Branch,
  bytes,
  type ClassMinor,
  FIXED_CLASSES,
  FIXED_MINORS,
  type FixedClass,
  type HtbClass,
  type LeafIndex,
  leafOf,
  minorOf,
} from '../../observed/bandwidth-state.ts';

/** The kernel counts a burst in ticks of its packet scheduler (include/net/pkt_sched.h). */
const TICK_SECONDS = 64e-9;

type LeafClasses = Readonly<Partial<Record<Branch, HtbClass>>>;

/** The classes of a tree by what they are for. */
export interface TreeClasses {
  readonly fixed: Readonly<Partial<Record<FixedClass, HtbClass>>>;
  readonly leaves: ReadonlyMap<LeafIndex, LeafClasses>;
}

function classOf({ rate, ceil, buffer, cbuffer, quantum }: HtbClassReading): HtbClass {
  return {
    rate: bitsPerSecond(rate * 8),
    ceil: bitsPerSecond(ceil * 8),
    burst: bytes(Math.round(buffer * TICK_SECONDS * rate)),
    cburst: bytes(Math.round(cbuffer * TICK_SECONDS * ceil)),
    quantum: bytes(quantum),
  };
}

/** classesIn sorts the classes of one interface; those that are none of ours are left out. */
export function classesIn(readings: readonly HtbClassReading[]): TreeClasses {
  const fixed: Partial<Record<FixedClass, HtbClass>> = {};
  const leaves = new Map<LeafIndex, LeafClasses>();
  for (const reading of readings) {
    const which = FIXED_CLASSES.find((one) => FIXED_MINORS[one] === reading.minor);
    if (which !== undefined) fixed[which] = classOf(reading);
    const leaf = leafOf(reading.minor);
    if (leaf === undefined) continue;
    leaves.set(leaf.index, { ...leaves.get(leaf.index), [leaf.branch]: classOf(reading) });
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
