/**
 * Keeps the history of what slivers use: one look at all of them a minute. It is never in the way: a look that fails,
 * a disk that is full, a file that is damaged or of a newer version are reported, and all else goes on.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Timing } from '@nodemgr/agent';
import {
  type DayUse,
  HOURS_KEPT,
  MAX_DAYS,
  USE_STEPS,
  type UseRow,
  type UseStep,
} from '@nodemgr/contracts';
import type { FailureBoard, Logger, TrustedClock } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import type { AccountName } from '@nodemgr/records';
import { MAX_BYTES, planPruning } from './plan-pruning.ts';
import { isDamage, type LastLook, UsageStore } from './usage-store.ts';
import { type SliverLook, seenAfter, useAdded } from './use-added.ts';

export interface UsageHistoryParts {
  /** Its folder is made, for the owner alone: it names tenants to each other. */
  readonly file: string;
  /** looks returns what all slivers use now; throws when nobody can tell. */
  readonly looks: () => Iterable<SliverLook>;
  readonly clock: Pick<TrustedClock, 'look'>;
  /** Milliseconds since some fixed moment: never jumps. */
  readonly monotonicMs: () => number;
  readonly timing: Pick<Timing, 'now' | 'after'>;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly log: Pick<Logger, 'error' | 'warn'>;
  readonly maxBytes?: number;
}

export interface UseQuery {
  /** Undefined: one sum for each sliver. */
  readonly name?: AccountName | undefined;
  readonly step: UseStep;
  /** Seconds since 1970. */
  readonly since: number;
}

const SUBJECT = 'history of use';
const MINUTE_MS = 60_000;
const DAY = 86_400;
const HOUR = USE_STEPS.hour;

interface Opened {
  readonly store: UsageStore;
  /** What is written; advanced with each look that is. */
  last: LastLook;
}

export class UsageHistory {
  readonly #parts: UsageHistoryParts;
  readonly #maxBytes: number;
  #opened: Opened | undefined;
  /** When the last look was written, by the clock that never jumps. */
  #writtenAt: number | undefined;
  /** The hour whose beginning has pruned. */
  #prunedIn = 0;
  #cancel = (): void => {};

  /** Opens the file; where that fails it is tried again with each look. */
  constructor(parts: UsageHistoryParts) {
    this.#parts = parts;
    this.#maxBytes = parts.maxBytes ?? MAX_BYTES;
    this.#try('open', () => this.#open());
    this.#arm();
  }

  /** look looks at all slivers and writes what they have used since the last look. It never throws. */
  look(): void {
    const { now, clockTrusted } = this.#parts.clock.look();
    // What is used meanwhile is in the counters, and is written when the time is known.
    if (!clockTrusted) return;
    this.#try('write', () => this.#write(now, this.#open()));
  }

  /** rows returns what was used since then. Throws Fault `unavailable` when the file cannot be read. */
  rows({ name, step, since }: UseQuery): UseRow[] {
    const seconds = USE_STEPS[step];
    const from = since - (since % seconds);
    return this.#read((store) => {
      if (name === undefined) return store.sums(from, step);
      return step === 'minute' ? store.minutes(name, from) : store.periods(name, from, seconds);
    });
  }

  /** days returns what a sliver has used by day; nothing where the file cannot be read, which is reported. */
  days(name: AccountName): DayUse[] {
    const since = Math.max(0, Math.floor(this.#parts.timing.now() / 1000) - HOURS_KEPT);
    let rows: readonly UseRow[] = [];
    this.#try('read', () => {
      rows = this.#open().store.periods(name, since - (since % HOUR), DAY);
    });
    return rows.slice(-MAX_DAYS).map(({ at, amounts }) => ({
      day: new Date(at * 1000).toISOString().slice(0, 10),
      amounts,
    }));
  }

  close(): void {
    this.#cancel();
    this.#opened?.store.close();
    this.#opened = undefined;
  }

  /** The next look is at the end of a minute, so that it is the use of that minute. */
  #arm(): void {
    const { timing } = this.#parts;
    this.#cancel = timing.after(MINUTE_MS - (timing.now() % MINUTE_MS), () => {
      this.#arm();
      this.look();
    });
  }

  #open(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    const { file } = this.#parts;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const store = UsageStore.open(file, this.#maxBytes);
    this.#opened = { store, last: store.lastLook() };
    return this.#opened;
  }

  #write(now: number, opened: Opened): void {
    const { store, last } = opened;
    // Also where the timer is late by less than half a minute, it is the minute that has just ended.
    const ended = now - 30;
    const minute = ended - (ended % 60);
    if (last.at !== undefined && now < last.at) this.#forgetAfter(minute, store);
    const readAt = this.#parts.monotonicMs();
    const slivers = new Map(last.slivers);
    const before = last.at === undefined ? 'unwatched' : 'watched';
    const added = [...this.#parts.looks()].map((look) => {
      const was = slivers.get(look.name);
      const seen = seenAfter(look, was);
      slivers.set(look.name, seen);
      return { name: look.name, amounts: useAdded(look, was, before), seen };
    });
    store.write({ at: now, minute, seconds: this.#secondsSince(last, now, readAt), added });
    opened.last = { at: now, slivers };
    this.#writtenAt = readAt;
    this.#prune(now, store);
  }

  #secondsSince({ at }: LastLook, now: number, readAt: number): number {
    if (this.#writtenAt !== undefined) return Math.round((readAt - this.#writtenAt) / 1000);
    return at === undefined ? 0 : Math.max(0, now - at);
  }

  #forgetAfter(minute: number, store: UsageStore): void {
    const rows = store.forgetAfter(minute);
    const message = 'the clock has gone back: the history of use after it is forgotten';
    this.#parts.log.warn({ rows }, message);
  }

  /** Once an hour, and whenever there is too much. */
  #prune(now: number, store: UsageStore): void {
    const hour = now - (now % HOUR);
    const used = store.usedBytes();
    const isTooLarge = used > this.#maxBytes;
    if (hour === this.#prunedIn && !isTooLarge) return;
    if (isTooLarge) {
      const message = 'the history of use is larger than it may be: the oldest of it is forgotten';
      this.#parts.log.warn({ bytes: used, most: this.#maxBytes }, message);
    }
    store.prune(planPruning(now, store.extent(), this.#maxBytes));
    this.#prunedIn = hour;
  }

  #read<T>(read: (store: UsageStore) => T): T {
    try {
      return read(this.#open().store);
    } catch (error) {
      this.#failed('read', error);
      const reason = error instanceof Error ? error.message : String(error);
      throw new Fault('unavailable', `the history of use cannot be read: ${reason}`, {
        cause: error,
      });
    }
  }

  #try(action: string, act: () => unknown): void {
    try {
      act();
      this.#parts.failures.clear(SUBJECT);
    } catch (error) {
      this.#failed(action, error);
    }
  }

  #failed(action: string, error: unknown): void {
    if (isDamage(error)) {
      this.#setAside(error as Error);
      return;
    }
    const { failures, timing, log } = this.#parts;
    const reason = error instanceof Error ? error.message : String(error);
    const retryAt = timing.now() + MINUTE_MS;
    const attempts = failures.report({
      code: 'usage-history',
      subject: SUBJECT,
      action,
      reason,
      retryAt,
    });
    // Tried every minute, said once: a full disk must not be filled with this.
    if (attempts === 1)
      log.warn({ err: error, action }, 'the history of use is not whole; going on');
  }

  /** Puts the file out of the way, beside it, in the place of the one that was put there before; begins anew. */
  #setAside(error: Error): void {
    const { file, log } = this.#parts;
    const target = `${file}.set-aside`;
    this.#opened?.store.close();
    this.#opened = undefined;
    this.#writtenAt = undefined;
    try {
      renameSync(file, target);
      for (const side of ['-wal', '-shm']) rmSync(file + side, { force: true });
      const message = 'the history of use cannot be used: set aside, and begun anew';
      log.error({ reason: error.message, set_aside: target }, message);
      this.#open();
    } catch (cause) {
      if (isDamage(cause)) log.error({ err: cause }, 'a new history of use is damaged at once');
      else this.#failed('open', cause);
    }
  }
}
