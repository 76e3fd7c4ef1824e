/**
 * Writes the history of all accounts, in the background and in its order: the work waits for none of it,
 * and a disk that refuses it stops nothing. What is in a file is journal-file.ts's.
 */

import {
  EVENTS_KEPT_MS,
  type EventSubject,
  type EventsAnswer,
  type EventsQuery,
  type NodeEvent,
} from '@nodemgr/contracts';
import type { FailureBoard, Logger } from '@nodemgr/daemon';
import type { Timing } from '../timing.ts';
import { JournalFolder } from './journal-folder.ts';
import { JOURNAL_BOUNDS, type JournalBounds } from './journal-lines.ts';

export interface JournalParts {
  /** Made where it is missing. */
  readonly folder: string;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly timing: Pick<Timing, 'now' | 'after'>;
  /** Milliseconds since some fixed moment: never jumps. */
  readonly monotonicMs: () => number;
  /** Whether the clock may be believed now: what is old is forgotten by no other. */
  readonly clockTrusted: () => boolean;
  readonly bounds?: JournalBounds;
}

const SUBJECT = 'history';
/** Events that the disk refused are offered to it again after this long (milliseconds). */
const RETRY_MS = 10_000;
/** How often what is too old is looked for (milliseconds). */
const FORGET_MS = 6 * 3_600_000;
/**
 * A clock that in this time has gone this much other than it should (milliseconds) has been set: what it
 * calls old may be of today. One that was wrong all along has been set right by then.
 */
const UNEVEN_MS = 60_000;

/** The readings of both clocks at one moment. */
interface Look {
  readonly wall: number;
  readonly monotonic: number;
}

export class Journal {
  readonly #parts: JournalParts;
  readonly #bounds: JournalBounds;
  readonly #folder: JournalFolder;
  readonly #pending = new Map<EventSubject, readonly NodeEvent[]>();
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #isClosing = false;
  #mustForget = false;
  /** When the clock was last looked at, by itself and by the one that never jumps. */
  #lookedAt: Look;
  #cancelRetry = (): void => {};
  #cancelForget = (): void => {};

  private constructor(parts: JournalParts) {
    this.#parts = parts;
    this.#bounds = parts.bounds ?? JOURNAL_BOUNDS;
    this.#folder = new JournalFolder(parts.folder, this.#bounds);
    this.#lookedAt = this.#look();
  }

  /** open makes the folder. Where that fails it is reported and tried again; it never rejects. */
  static async open(parts: JournalParts): Promise<Journal> {
    const journal = new Journal(parts);
    if (!(await journal.#try(() => journal.#folder.prepare()))) journal.#armRetry();
    journal.#armForget();
    return journal;
  }

  /** newestAt returns when something was last written (milliseconds since 1970); 0: nothing that can be seen. */
  async newestAt(): Promise<number> {
    const unreadable = (error: unknown) => this.#report('read', error);
    return this.#folder.newestAt(unreadable).catch((error) => {
      unreadable(error);
      return 0;
    });
  }

  /** append writes an event as soon as the disk allows. Of very many that it refuses the oldest are lost. */
  append(event: NodeEvent): void {
    this.#wait(event.account, [event]);
    this.#wakeWriter();
  }

  /** settled resolves when everything that was appended is written, or was refused. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** events returns the newest that match, oldest first. Rejects when nothing of it can be read. */
  async events({ name, limit, since = 0 }: EventsQuery): Promise<EventsAnswer> {
    await this.settled();
    const unreadable = (error: unknown) => this.#report('read', error);
    const found =
      name === undefined
        ? await this.#folder.readNewest(limit + 1, since, unreadable)
        : await this.#folder.readOne(name, since);
    return { events: found.slice(-limit), more: found.length > limit };
  }

  /** close writes what is still to be written, without waiting for the disk itself. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#cancelRetry();
    this.#cancelForget();
    await this.#writing;
    await this.#write();
  }

  #wait(subject: EventSubject, events: readonly NodeEvent[]): void {
    const waiting = [...(this.#pending.get(subject) ?? []), ...events];
    this.#pending.set(subject, waiting.slice(-this.#bounds.own));
  }

  #wakeWriter(): void {
    if (this.#isWriting || this.#isClosing) return;
    this.#isWriting = true;
    this.#writing = this.#write();
  }

  /** Writes what waits; what is refused waits on, and holds up no other account's. */
  async #write(): Promise<void> {
    const refused: (readonly [EventSubject, readonly NodeEvent[]])[] = [];
    const prepared = await this.#try(() => this.#folder.prepare());
    const forgotten = !this.#mustForget || (await this.#forgetOld());
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      const [subject, events] = next;
      const file = this.#folder.fileOf(subject);
      if (!(await this.#try(() => file.append(events, !this.#isClosing)))) refused.push(next);
    }
    // Nothing is awaited from the last look on: what is appended now wakes the writer again.
    this.#isWriting = false;
    for (const [subject, events] of refused) this.#wait(subject, events);
    if (prepared && forgotten && refused.length === 0) this.#parts.failures.clear(SUBJECT);
    else if (!this.#isClosing) this.#armRetry();
  }

  #take(): readonly [EventSubject, readonly NodeEvent[]] | undefined {
    const [next] = this.#pending;
    if (next !== undefined) this.#pending.delete(next[0]);
    return next;
  }

  #armRetry(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#parts.timing.after(RETRY_MS, () => {
      // What could not be forgotten is looked for again, unless the clock has been set since.
      this.#mustForget &&= this.#mayForget(this.#lookedAt, this.#look());
      this.#wakeWriter();
    });
  }

  /** Reports whether it worked. */
  async #try(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.#report('write', error);
      return false;
    }
  }

  #report(action: 'read' | 'write', error: unknown): void {
    const { failures, log, timing } = this.#parts;
    const reason = error instanceof Error ? error.message : String(error);
    const retryAt = timing.now() + RETRY_MS;
    const attempts = failures.report({
      code: 'history',
      subject: SUBJECT,
      action,
      reason,
      retryAt,
    });
    // Tried again and again, said once: a full disk must not be filled with this.
    if (attempts === 1) log.warn({ err: error, action }, 'the history is not whole; going on');
  }

  /** Between two writes, so that no event gets lost. Reports whether all that is too old could be forgotten. */
  async #forgetOld(): Promise<boolean> {
    const since = this.#parts.timing.now() - EVENTS_KEPT_MS;
    let whole = true;
    const listed = await this.#try(async () => {
      for (const { subject } of await this.#folder.list((error) => this.#report('read', error))) {
        if (this.#isClosing) return;
        const forgotten = await this.#try(() => this.#folder.fileOf(subject).forgetBefore(since));
        whole &&= forgotten;
      }
    });
    this.#mustForget = !(listed && whole);
    return !this.#mustForget;
  }

  #look(): Look {
    return { wall: this.#parts.timing.now(), monotonic: this.#parts.monotonicMs() };
  }

  #mayForget(was: Look, is: Look): boolean {
    const drift = is.wall - was.wall - (is.monotonic - was.monotonic);
    return Math.abs(drift) < UNEVEN_MS && this.#parts.clockTrusted();
  }

  #armForget(): void {
    this.#cancelForget = this.#parts.timing.after(FORGET_MS, () => {
      const [was, is] = [this.#lookedAt, this.#look()];
      this.#lookedAt = is;
      this.#mustForget = this.#mayForget(was, is);
      this.#wakeWriter();
      this.#armForget();
    });
  }
}
