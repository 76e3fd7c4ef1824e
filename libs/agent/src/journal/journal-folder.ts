/** The folder of all journals: one file for each account, and one for the node itself. */
import { statSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EventSubject, eventSubjectSchema, type NodeEvent } from '@nodemgr/contracts';
import { JournalFile } from './journal-file.ts';
import { type JournalBounds, keepNewest } from './journal-lines.ts';

const SUFFIX = '.jsonl';
/** By so much a file system's clock may lag behind the one that events are told by (milliseconds). */
const TICK_MS = 10;

interface Listed {
  readonly subject: EventSubject;
  /** No event in it is newer (milliseconds since 1970). */
  readonly changedAt: number;
}

/** The report of a journal that cannot be read: it holds up none of the others. */
export type Unreadable = (error: unknown) => void;

export class JournalFolder {
  readonly #files = new Map<EventSubject, JournalFile>();

  constructor(
    private readonly path: string,
    private readonly bounds: JournalBounds,
  ) {}

  /** prepare makes the folder where it is missing, for its owner alone: it names tenants to each other. */
  async prepare(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
  }

  /** fileOf returns the journal of `subject`, be it there or not. */
  fileOf(subject: EventSubject): JournalFile {
    const known = this.#files.get(subject);
    if (known !== undefined) return known;
    const file = new JournalFile(this.#pathOf(subject), this.bounds);
    this.#files.set(subject, file);
    return file;
  }

  /** list returns every journal that there is, the one that was changed last first. */
  async list(unreadable: Unreadable): Promise<readonly Listed[]> {
    const listed: Listed[] = [];
    for (const file of await readdir(this.path)) {
      const name = file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : '';
      const { data: subject } = eventSubjectSchema.safeParse(name);
      if (subject === undefined) continue;
      try {
        // At once: a thousand of them are not worth a thousand turns of the event loop.
        const { mtimeMs } = statSync(this.#pathOf(subject));
        listed.push({ subject, changedAt: Math.ceil(mtimeMs) + TICK_MS });
      } catch (error) {
        unreadable(error);
      }
    }
    return listed.sort((a, b) => b.changedAt - a.changedAt);
  }

  /** newestAt returns when a journal was last changed (milliseconds since 1970); 0: there is none. */
  async newestAt(unreadable: Unreadable): Promise<number> {
    const [newest] = await this.list(unreadable);
    return newest?.changedAt ?? 0;
  }

  /** readOne returns what happened to `subject` at `since` or later, oldest first. */
  async readOne(subject: EventSubject, since: number): Promise<readonly NodeEvent[]> {
    const file = new JournalFile(this.#pathOf(subject), this.bounds);
    return keepNewest(await file.read(), since, this.bounds);
  }

  /** readNewest returns the newest `count` events of all, oldest first; only the journals that it needs are read. */
  async readNewest(
    count: number,
    since: number,
    unreadable: Unreadable,
  ): Promise<readonly NodeEvent[]> {
    let found: readonly NodeEvent[] = [];
    for (const { subject, changedAt } of await this.list(unreadable)) {
      const oldestFound = found.length < count ? 0 : (found[0]?.at ?? 0);
      if (changedAt < Math.max(since, oldestFound)) break;
      try {
        const more = await this.readOne(subject, since);
        found = [...found, ...more].sort((a, b) => a.at - b.at).slice(-count);
      } catch (error) {
        unreadable(error);
      }
    }
    return found;
  }

  #pathOf(subject: EventSubject): string {
    return join(this.path, `${subject}${SUFFIX}`);
  }
}
