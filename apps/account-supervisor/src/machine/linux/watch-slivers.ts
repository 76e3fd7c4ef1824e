/**
 * Hears from the kernel what becomes of running slivers, at once and without asking: one that has ended,
 * a process killed for want of memory, a fork refused. Tells it; decides nothing. It is a help and no
 * more: what it cannot hear, the next look at the machine sees.
 */
import { existsSync, type FSWatcher, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Timing } from '@nodemgr/agent';
import { AN_HOUR_MS, type Logger, RationedLines } from '@nodemgr/daemon';
import type { AccountName } from '@nodemgr/records';
import {
  type Counts,
  countIn,
  countsIn,
  deriveNotices,
  firstSeen,
  type KernelNotice,
  type Seen,
} from './derive-notices.ts';

export interface WatchParts {
  /** Told of what happens, at any time from the first `follow` on. A throw is logged and changes nothing. */
  readonly tell: (name: AccountName, notice: KernelNotice) => void;
  readonly log: Pick<Logger, 'warn'>;
  /** The folder of a sliver's control group. */
  readonly groupOf: (name: AccountName) => string;
  /** A clock that only goes forward. Milliseconds. */
  readonly monotonicMs: () => number;
  readonly after: Timing['after'];
}

/** A tenant's fork bomb has the kernel notify a hundred times a second: one look counts them all. */
const REST_MS = 250;

/** Complaints that the log is not told again of within the hour: one of each of very many slivers. */
const MOST_TOLD = 5000;

/** What one look at a group finds. */
type Look =
  | { readonly notices: readonly KernelNotice[] }
  /** It cannot be looked at: not because it has gone. */
  | { readonly broken: unknown };

/** A group that has gone is one whose processes have ended. ENODEV: it went while its file was open. */
function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENODEV';
}

type Clock = Pick<WatchParts, 'monotonicMs' | 'after'>;

/**
 * One running sliver: a watcher on each file that changes with an event, until its control group has gone.
 * Its files are read at once, not later: the kernel answers from memory, and answers cannot overtake each
 * other.
 */
class WatchedSliver {
  readonly #group: string;
  readonly #inode: bigint;
  readonly #watchers: FSWatcher[] = [];
  readonly #tasks: 'pids.events' | 'pids.events.local';
  readonly #clock: Clock;
  readonly #heard: (error?: unknown) => void;
  #seen: Seen;
  /** Ends the rest after a change; undefined: it does not rest. */
  #endRest: (() => void) | undefined;
  #changedAgain = false;

  /** Throws when it cannot be listened to, or has ended. `heard` is called for a reason to look. */
  constructor(group: string, clock: Clock, heard: (error?: unknown) => void) {
    this.#group = group;
    this.#clock = clock;
    this.#heard = heard;
    this.#inode = this.#inodeNow();
    this.#tasks = existsSync(join(group, 'pids.events.local'))
      ? 'pids.events.local'
      : 'pids.events';
    try {
      for (const file of ['memory.events', this.#tasks, 'cgroup.events']) this.#listen(file);
      if (!this.#isPopulated()) throw new Error('none of its processes is left');
      this.#seen = firstSeen(this.#counts());
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** look never throws. An end comes after all else that happened. */
  look(): Look {
    try {
      // One of the same name has taken its place: the watchers are still the old one's.
      if (this.#inodeNow() !== this.#inode) return { notices: [{ notice: 'ended' }] };
      const { seen, notices } = deriveNotices(
        this.#seen,
        this.#counts(),
        this.#clock.monotonicMs(),
      );
      this.#seen = seen;
      return { notices: this.#isPopulated() ? notices : [...notices, { notice: 'ended' }] };
    } catch (error) {
      return isGone(error) ? { notices: [{ notice: 'ended' }] } : { broken: error };
    }
  }

  close(): void {
    this.#endRest?.();
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #listen(file: string): void {
    const path = join(this.#group, file);
    const watcher = watch(path, { persistent: false }, () => this.#changed());
    watcher.on('error', this.#heard);
    this.#watchers.push(watcher);
  }

  /** The first change is a reason to look at once, those while it rests are one together. */
  #changed(): void {
    if (this.#endRest !== undefined) {
      this.#changedAgain = true;
      return;
    }
    this.#endRest = this.#clock.after(REST_MS, () => this.#rested());
    this.#heard();
  }

  #rested(): void {
    this.#endRest = undefined;
    if (!this.#changedAgain) return;
    this.#changedAgain = false;
    this.#changed();
  }

  #inodeNow(): bigint {
    return statSync(this.#group, { bigint: true }).ino;
  }

  #read(file: string): string {
    return readFileSync(join(this.#group, file), 'utf8');
  }

  #isPopulated(): boolean {
    return countIn(this.#read('cgroup.events'), 'populated') !== 0;
  }

  #counts(): Counts {
    return countsIn({
      'memory.events': this.#read('memory.events'),
      'memory.events.local': this.#read('memory.events.local'),
      pids: this.#read(this.#tasks),
    });
  }
}

export class SliverWatch {
  readonly #parts: WatchParts;
  readonly #watched = new Map<AccountName, WatchedSliver>();

  readonly #told: RationedLines;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    const ration = { mostNames: MOST_TOLD, everyMs: AN_HOUR_MS, now: parts.monotonicMs };
    this.#told = new RationedLines(ration);
  }

  /** follow listens to `name` while it runs; said again, it makes sure of it. */
  follow(name: AccountName, running: boolean): void {
    if (!running) {
      this.#forget(name);
      return;
    }
    this.#heard(name);
    if (!this.#watched.has(name)) this.#begin(name);
  }

  /** stop listens to nobody any more. */
  stop(): void {
    for (const name of [...this.#watched.keys()]) this.#forget(name);
  }

  #begin(name: AccountName): void {
    try {
      const heard = (error?: unknown) => this.#heard(name, error);
      const group = this.#parts.groupOf(name);
      this.#watched.set(name, new WatchedSliver(group, this.#parts, heard));
    } catch (error) {
      // It has ended meanwhile, or inotify has no more to give.
      this.#warn(name, error, 'a sliver cannot be watched until it is looked at again');
    }
  }

  #heard(name: AccountName, error?: unknown): void {
    const sliver = this.#watched.get(name);
    if (sliver === undefined) return;
    const found = error === undefined ? sliver.look() : { broken: error };
    if ('broken' in found) {
      this.#forget(name);
      this.#warn(name, found.broken, 'a sliver is no longer watched until it is looked at again');
      return;
    }
    for (const notice of found.notices) {
      if (notice.notice === 'ended') this.#forget(name);
      this.#tell(name, notice);
    }
  }

  /** Whatever goes wrong with a notice is no sign that the sliver has ended. */
  #tell(name: AccountName, notice: KernelNotice): void {
    try {
      this.#parts.tell(name, notice);
    } catch (error) {
      this.#warn(name, error, `what the kernel says is lost: ${notice.notice}`);
    }
  }

  #warn(name: AccountName, error: unknown, message: string): void {
    const times = this.#told.count(`${name}: ${message}`);
    if (times !== undefined) this.#parts.log.warn({ account: name, times, err: error }, message);
  }

  #forget(name: AccountName): void {
    this.#watched.get(name)?.close();
    this.#watched.delete(name);
  }
}
