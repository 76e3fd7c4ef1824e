/**
 * The journal of one account: a file that only grows, until it is written anew without its oldest part.
 * A crash can tear its last line; that is taken away before anything is added behind it.
 */
import { open, rm, truncate, utimes } from 'node:fs/promises';
import type { NodeEvent } from '@nodemgr/contracts';
import { readOptional, replaceFileDurably } from '../state-file.ts';
import { eventsIn, type JournalBounds, keepNewest, linesOf } from './journal-lines.ts';

/** Root's alone: it names tenants to each other. */
const MODE = 0o600;
/** It is written anew when this share of it is superfluous. */
const SLACK = 0.25;

/** The file bears the time of its newest event, by which it is found: the machine's clock may tell another. */
function timesOf(events: readonly NodeEvent[]): [atime: Date, mtime: Date] {
  const newest = new Date(Math.max(...events.map(({ at }) => at)));
  return [newest, newest];
}

export class JournalFile {
  /** Lines in the file; undefined: not known, it may have a torn one. */
  #lines: number | undefined;

  constructor(
    private readonly path: string,
    private readonly bounds: JournalBounds,
  ) {}

  /** read returns the events, oldest first; none where there is no file. Rejects when it cannot be read. */
  async read(): Promise<readonly NodeEvent[]> {
    return eventsIn((await readOptional(this.path)) ?? '');
  }

  /**
   * append adds events; `durable` when no power cut may take them back. A file that has got too long loses
   * its oldest first. Rejects when the disk does; then it has none of the events.
   */
  async append(events: readonly NodeEvent[], durable: boolean): Promise<void> {
    this.#lines ??= await this.#repair();
    const { own, byOthers } = this.bounds;
    if (this.#lines + events.length > (own + byOthers) * (1 + SLACK)) await this.forgetBefore(0);
    const lines = this.#lines;
    // Until all is written, as much as a part of it may be.
    this.#lines = undefined;
    await this.#write(events, durable);
    this.#lines = lines + events.length;
  }

  /** forgetBefore takes away what is older than `since`, or too much; of an empty journal the file too. */
  async forgetBefore(since: number): Promise<void> {
    const events = await this.read();
    const kept = keepNewest(events, since, this.bounds);
    if (kept.length === events.length) return;
    if (kept.length > 0) {
      await replaceFileDurably(this.path, MODE, linesOf(kept));
      await utimes(this.path, ...timesOf(kept));
    } else await rm(this.path, { force: true });
    this.#lines = kept.length;
  }

  async #write(events: readonly NodeEvent[], durable: boolean): Promise<void> {
    const file = await open(this.path, 'a', MODE);
    const { size } = await file.stat();
    try {
      await file.writeFile(linesOf(events));
      await file.utimes(...timesOf(events));
      if (durable) await file.datasync();
    } catch (error) {
      // They are offered again: what a full disk has taken of them would be there twice.
      await file.truncate(size);
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Takes a torn line away and returns how many are left. In latin1 each character is one byte. */
  async #repair(): Promise<number> {
    const bytes = (await readOptional(this.path, 'latin1')) ?? '';
    const whole = bytes.lastIndexOf('\n') + 1;
    if (whole < bytes.length) await truncate(this.path, whole);
    return bytes.split('\n').length - 1;
  }
}
