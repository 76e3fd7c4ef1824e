/**
 * Watches what slivers send in a day: reads the counters in time, keeps the account on disk, and writes each cut and
 * its end into the history. What follows from the counters is decided in plan/day-book.ts.
 */
import { type Journal, readStateFile, replaceFileDurably, type Timing } from '@nodemgr/agent';
import { type EventContent, eventText } from '@nodemgr/contracts';
import type { FailureBoard, Logger } from '@nodemgr/daemon';
import type { AccountName, BitsPerSecond } from '@nodemgr/records';
import type { DayRule } from '../desired/node-day.ts';
import type { ClassCounters } from '../kernel/port.ts';
import type { Uplink } from '../kernel/uplink.ts';
import { type Bytes, bytes } from '../limits/htb-class.ts';
import { BRANCHES, byBranch, type ClassMinor, minorOf } from '../limits/htb-tree.ts';
import { type BandwidthState, NOTHING_INSTALLED } from '../observed/bandwidth-state.ts';
import { DayCounts, type SliverReading } from '../observed/day-counts.ts';
import type { BandwidthStep } from '../plan/bandwidth-steps.ts';
import { DayBook, type RspecOf } from '../plan/day-book.ts';
import type { ClockLook } from '../plan/plan-day.ts';
import { fromStored, storedDaysSchema, toStored } from './stored-days.ts';

export type Counters = ReadonlyMap<ClassMinor, ClassCounters>;

export interface DayWatchParts {
  /** Where the account is kept. */
  readonly file: string;
  readonly bootId: string;
  readonly rule: DayRule;
  readonly link: BitsPerSecond;
  readonly clock: { look(): ClockLook };
  readonly journal: Pick<Journal, 'append'>;
  /** Milliseconds since 1970, as the history is stamped. */
  readonly stamp: () => number;
  readonly timing: Pick<Timing, 'after'>;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly log: Pick<Logger, 'error'>;
}

/** What is watched. */
export interface Watched {
  /** The uplink; undefined: there is none. */
  readonly uplink: Uplink | undefined;
  readonly observed: BandwidthState;
  /** counters returns what the classes have; none where nothing is counted. Throws when they cannot be read. */
  counters(): Counters;
  rspecOf: RspecOf;
  /** Says that the rates of some slivers are to be others. */
  ratesChanged(names: readonly AccountName[]): void;
}

/** Subjects of what fails: the kernel's counters, and the account on the disk. */
const COUNTERS = 'daily bytes';
const ACCOUNT = 'account of daily bytes';
/** The next look after one that has failed, and where there is no uplink. */
const LATEST_MS = 30_000;
/** A power cut may take this much of the account along. */
const KEEP_MS = 60_000;
/** What has changed in the feed is looked at this soon, however long it goes on changing. */
const SOON_MS = 250;
const MODE = 0o600;

/** Steps that make or unmake classes: what their counters have must be read before. */
const REMAKING: ReadonlySet<BandwidthStep['step']> = new Set([
  'install-tree',
  'add-sliver',
  'remove-sliver',
  'remove-stray',
]);

function remakes(step: BandwidthStep, { slivers }: BandwidthState): boolean {
  if (step.step === 'change-leaf') return slivers.get(step.name)?.[step.branch] === undefined;
  return REMAKING.has(step.step);
}

export class DayWatch {
  readonly book: DayBook;
  readonly #parts: DayWatchParts;
  #watched: Watched | undefined;
  /** The classes are being made anew: what their counters have would be counted twice. */
  #isHeld = false;
  /** The next look comes as soon as any. */
  #isSoon = false;
  #cancel = (): void => {};
  #cancelKeep = (): void => {};
  #kept = '';
  #writing: Promise<void> = Promise.resolve();

  private constructor(parts: DayWatchParts, book: DayBook) {
    this.#parts = parts;
    this.book = book;
  }

  /** open reads the account; damaged, it is set aside, and counting begins anew. */
  static async open(parts: DayWatchParts): Promise<DayWatch> {
    const { file, bootId, rule, link, log } = parts;
    const found = await readStateFile(file, storedDaysSchema, Date.now());
    if (found.found === 'state') {
      const { counts, cuts } = fromStored(found.state, bootId);
      return new DayWatch(parts, new DayBook(counts, rule, link, cuts));
    }
    if (found.found === 'damaged') {
      const { reason, setAside: set_aside } = found;
      log.error({ reason, set_aside }, 'what slivers have sent today is lost: counted from now on');
    }
    return new DayWatch(parts, new DayBook(new DayCounts(), rule, link));
  }

  /** start looks from now on. */
  start(watched: Watched): void {
    this.#watched = watched;
    this.soon();
    this.#armKeep();
  }

  /** soon has the next look come soon: limits, slivers or the uplink are others. */
  soon(): void {
    if (this.#watched === undefined || this.#isSoon) return;
    this.#arm(SOON_MS);
    this.#isSoon = true;
  }

  /** look counts what was sent until now, and returns the counters; while classes are made anew it only reads. */
  look(): Counters {
    const watched = this.#watched;
    if (watched?.uplink === undefined) return new Map();
    const counters = watched.counters();
    if (!this.#isHeld) this.#count(watched, watched.uplink, counters);
    return counters;
  }

  /** around carries `apply` out, with the counters of the classes that `steps` make or unmake read in time. */
  async around(steps: readonly BandwidthStep[], apply: () => Promise<void>): Promise<void> {
    const { observed = NOTHING_INSTALLED, uplink } = this.#watched ?? {};
    if (uplink === undefined || !steps.some((step) => remakes(step, observed))) return apply();
    const counters = this.#lookAgain();
    this.#keep();
    this.#isHeld = true;
    try {
      await apply();
      this.#remade(steps, uplink, counters);
    } finally {
      this.#isHeld = false;
      this.#keep();
    }
  }

  /** stop counts once more, and resolves when the account is on the disk. */
  async stop(): Promise<void> {
    this.#lookAgain();
    this.#watched = undefined;
    this.#cancel();
    this.#cancelKeep();
    this.#keep();
    await this.#writing;
  }

  #armKeep(): void {
    this.#cancelKeep = this.#parts.timing.after(KEEP_MS, () => {
      this.#keep();
      this.#armKeep();
    });
  }

  #arm(ms: number): void {
    this.#isSoon = false;
    this.#cancel();
    this.#cancel = this.#parts.timing.after(ms, () => this.#lookAgain());
  }

  /** Looks, and looks again later where that fails: limits are applied whether anything can be counted or not. */
  #lookAgain(): Counters {
    this.#arm(LATEST_MS);
    try {
      const counters = this.look();
      this.#parts.failures.clear(COUNTERS);
      return counters;
    } catch (error) {
      this.#report(COUNTERS, 'read', error);
      return new Map();
    }
  }

  #count(watched: Watched, uplink: Uplink, counters: Counters): void {
    const { clock, journal, stamp } = this.#parts;
    const readings = readingsIn(watched.observed, uplink, counters);
    const { changed, events, nextMs } = this.book.look(readings, clock.look(), (name) =>
      watched.rspecOf(name),
    );
    this.#arm(nextMs);
    for (const event of events) journal.append(entryOf(event, stamp()));
    if (changed.length === 0) return;
    watched.ratesChanged(changed);
    this.#keep();
  }

  /** What is made where a class was goes on counting; all else begins with nothing. */
  #remade(steps: readonly BandwidthStep[], uplink: Uplink, before: Counters): void {
    const { counts } = this.book;
    const there = new Map<ClassMinor, Bytes>(
      [...before].map(([minor, { sentBytes }]) => [minor, bytes(sentBytes)]),
    );
    for (const step of steps) {
      if (step.step === 'install-tree') there.clear();
      else if (step.step === 'remove-stray') there.delete(step.minor);
      else if (step.step === 'remove-sliver') {
        for (const branch of BRANCHES) there.delete(minorOf(step.leaves.index, branch));
        counts.gone(step.name);
      } else if (step.step === 'add-sliver' || step.step === 'change-leaf') {
        const branches = step.step === 'add-sliver' ? BRANCHES : [step.branch];
        const made = branches.map((branch) => {
          const minor = minorOf(step.leaves.index, branch);
          return [
            branch,
            { ifindex: uplink.ifindex, minor, sent: there.get(minor) ?? bytes(0) },
          ] as const;
        });
        counts.made(step.name, Object.fromEntries(made));
      }
    }
  }

  /** Writes in the background what there is to be kept, once it is another. */
  #keep(): void {
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const { file, bootId } = this.#parts;
    const { read_at, ...account } = toStored(this.book, bootId);
    const text = JSON.stringify(account);
    // That nothing was sent is worth no write.
    if (text === this.#kept) return;
    try {
      await replaceFileDurably(file, MODE, `${JSON.stringify({ ...account, read_at })}\n`);
      this.#kept = text;
      this.#parts.failures.clear(ACCOUNT);
    } catch (error) {
      this.#report(ACCOUNT, 'write', error);
    }
  }

  #report(subject: string, action: 'read' | 'write', error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#parts.failures.report({ code: 'day-counts', subject, action, reason });
  }
}

function entryOf(event: EventContent, at: number) {
  return { ...event, at, why: eventText(event.why) };
}

function* readingsIn(
  { tree, slivers }: BandwidthState,
  { name: interfaceName, ifindex }: Uplink,
  counters: Counters,
): Iterable<readonly [AccountName, SliverReading]> {
  if (tree?.interface !== interfaceName) return;
  for (const [name, { index }] of slivers) {
    const reading = byBranch((branch) => {
      const minor = minorOf(index, branch);
      const counted = counters.get(minor);
      return counted && { ifindex, minor, sent: bytes(counted.sentBytes) };
    });
    yield [name, reading];
  }
}
