/**
 * Counts what each sliver has sent since the day began, from the counters of its classes, which begin anew whenever
 * the kernel makes the class. Pure but for what it keeps.
 */
import type { AccountName, EpochSeconds } from '@nodemgr/records';
import type { Day } from '../desired/node-day.ts';
import { type Bytes, bytes } from '../limits/htb-class.ts';
import {
  BRANCHES,
  type Branch,
  type ByBranch,
  byBranch,
  type ClassMinor,
} from '../limits/htb-tree.ts';

/** The counter of one class: the same class has the same place, and never counts backward. */
export interface ClassReading {
  readonly ifindex: number;
  readonly minor: ClassMinor;
  readonly sent: Bytes;
}

/** What one leaf has sent. */
export interface LeafCount {
  /** Since the day began. */
  readonly today: Bytes;
  /** The counter up to which `today` has it; undefined: what the class has is all to be counted. */
  readonly seen?: ClassReading;
}
export type SliverCounts = ByBranch<LeafCount>;

/** What was read of a sliver's leaves. */
export type SliverReading = ByBranch<ClassReading>;
export type SliverReadings = Iterable<readonly [AccountName, SliverReading]>;

const NOTHING: LeafCount = { today: bytes(0) };

function isSameClass(seen: ClassReading, reading: ClassReading): boolean {
  const { ifindex, minor, sent } = seen;
  return ifindex === reading.ifindex && minor === reading.minor && sent <= reading.sent;
}

/** Returns what a reading has that was not counted yet. */
function newIn({ seen }: LeafCount, reading: ClassReading): number {
  return seen !== undefined && isSameClass(seen, reading) ? reading.sent - seen.sent : reading.sent;
}

/** Whether all of a reading is counted: most slivers send nothing most of the time. */
function isCounted(counts: SliverCounts | undefined, reading: SliverReading): boolean {
  for (const branch of BRANCHES) {
    const is = reading[branch];
    if (is === undefined) continue;
    const was = counts?.[branch]?.seen;
    if (was?.sent !== is.sent || was.minor !== is.minor || was.ifindex !== is.ifindex) return false;
  }
  return true;
}

/** The part of the time from one reading to the next that is in the new day. */
function partSince(begins: EpochSeconds, before: EpochSeconds, now: EpochSeconds): number {
  if (before >= begins || now <= before) return 1;
  return Math.max(0, Math.min(1, (now - begins) / (now - before)));
}

export class DayCounts {
  readonly #slivers = new Map<AccountName, SliverCounts>();
  #day: Day | undefined;
  #readAt: EpochSeconds | undefined;

  /** `kept`: what was counted before this process. */
  constructor(kept?: {
    readonly day: Day | undefined;
    readonly readAt: EpochSeconds | undefined;
    readonly slivers: Iterable<readonly [AccountName, SliverCounts]>;
  }) {
    this.#day = kept?.day;
    this.#readAt = kept?.readAt;
    for (const [name, counts] of kept?.slivers ?? []) this.#slivers.set(name, counts);
  }

  /** The day that is counted for; undefined: none has begun. */
  get day(): Day | undefined {
    return this.#day;
  }

  /** When the counters were last read, by the machine's clock. */
  get readAt(): EpochSeconds | undefined {
    return this.#readAt;
  }

  get slivers(): ReadonlyMap<AccountName, SliverCounts> {
    return this.#slivers;
  }

  /** sent returns what a sliver has sent since the day began. */
  sent(name: AccountName, branch: Branch): Bytes {
    return this.#slivers.get(name)?.[branch]?.today ?? bytes(0);
  }

  /** read counts what was sent since the last reading. */
  read(readings: SliverReadings, now: EpochSeconds): void {
    this.#count(readings, 1);
    this.#readAt = now;
  }

  /**
   * begin begins another day with a reading. What was sent since the last one is of both days, as the time is; of a
   * sliver that is gone nothing is kept.
   */
  begin(day: Day, readings: SliverReadings, now: EpochSeconds): void {
    for (const name of this.#slivers.keys())
      this.#keep(name, ({ seen }) => (seen === undefined ? undefined : { ...NOTHING, seen }));
    this.#count(readings, partSince(day.begins, this.#readAt ?? now, now));
    this.#day = day;
    this.#readAt = now;
  }

  /** keepFor says that what was counted is of this day: no day had begun, or the clock that told it was wrong. */
  keepFor(day: Day): void {
    this.#day = day;
  }

  /**
   * made says that the kernel has these classes of a sliver now, and what their counters had when they were made or
   * became the sliver's: with another than 0 that is its own only where it is the class that the sliver had.
   */
  made(name: AccountName, reading: SliverReading): void {
    const counts: Partial<Record<Branch, LeafCount>> = { ...this.#slivers.get(name) };
    for (const branch of BRANCHES) {
      const seen = reading[branch];
      if (seen === undefined) continue;
      const { [branch]: leaf = NOTHING } = counts;
      const isOwn = leaf.seen !== undefined && isSameClass(leaf.seen, seen);
      counts[branch] = { today: bytes(leaf.today + (isOwn ? newIn(leaf, seen) : 0)), seen };
    }
    this.#slivers.set(name, counts);
  }

  /** gone says that a sliver has no classes any more: it may come back today. */
  gone(name: AccountName): void {
    this.#keep(name, ({ today }) => (today === 0 ? undefined : { today }));
  }

  /** Keeps of a sliver's leaves what `keptOf` does, and of a sliver of which it keeps nothing nothing. */
  #keep(name: AccountName, keptOf: (leaf: LeafCount) => LeafCount | undefined): void {
    const counts = this.#slivers.get(name) ?? {};
    const kept = byBranch((branch) => {
      const leaf = counts[branch];
      return leaf && keptOf(leaf);
    });
    if (Object.keys(kept).length === 0) this.#slivers.delete(name);
    else this.#slivers.set(name, kept);
  }

  /** Counts that part of what is new. */
  #count(readings: SliverReadings, part: number): void {
    for (const [name, reading] of readings) {
      if (isCounted(this.#slivers.get(name), reading)) continue;
      const counts: Partial<Record<Branch, LeafCount>> = { ...this.#slivers.get(name) };
      for (const branch of BRANCHES) {
        const seen = reading[branch];
        if (seen === undefined) continue;
        const { [branch]: leaf } = counts;
        // A class that was found, and that nobody is known to have made: what it has may be of any day.
        const more = leaf === undefined ? 0 : Math.round(newIn(leaf, seen) * part);
        counts[branch] = { today: bytes((leaf?.today ?? 0) + more), seen };
      }
      this.#slivers.set(name, counts);
    }
  }
}
