/**
 * Keeps the last good document on disk, for a node that boots with PLC unreachable. `last-good.json`
 * names the document and has what PLC sent with it; the document itself is `SHA256.xml` beside it.
 * The pointer is written last, so whatever a crash interrupts, it names a complete document.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { epochSecondsSchema } from '@nodemgr/records';
import * as z from 'zod';
import { sha256Of } from './judge-answer.ts';
import { UNFINISHED, writeDurably } from './write-durably.ts';

const noteSchema = z.strictObject({
  /** Whose document it is: its validators are for the same URL and node only. */
  url: z.string(),
  node_id: z.int(),
  etag: z.string().optional(),
  last_modified: z.string().optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().nonnegative(),
  /** Milliseconds since 1970. */
  fetched_at: z.number(),
  /** Time of the last update delivered from this document, or of its fetch. */
  vouched_at: epochSecondsSchema,
});
/** The facts about the kept document beside its bytes. */
export type DocumentNote = z.infer<typeof noteSchema>;

export interface StoredDocument {
  readonly note: DocumentNote;
  readonly bytes: Buffer;
}

const POINTER = 'last-good.json';

export class DocumentStore {
  /** `folder` is made when something is first kept. */
  constructor(private readonly folder: string) {}

  /** load returns the kept document; undefined when there is none. Rejects when it is damaged. */
  async load(): Promise<StoredDocument | undefined> {
    const pointer = join(this.folder, POINTER);
    let text: string;
    try {
      text = await readFile(pointer, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const note = noteSchema.parse(JSON.parse(text));
    const bytes = await readFile(this.#documentFile(note));
    if (sha256Of(bytes) !== note.sha256) throw new Error(`${this.#documentFile(note)} is damaged`);
    return { note, bytes };
  }

  /** save keeps a new document instead of the one before. */
  async save(note: DocumentNote, bytes: Buffer): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeDurably(this.#documentFile(note), bytes);
    await this.note(note);
    await this.#removeOthers(note);
  }

  /** note replaces what is known of the document that is kept already. */
  async note(note: DocumentNote): Promise<void> {
    await writeDurably(join(this.folder, POINTER), `${JSON.stringify(note, undefined, 2)}\n`);
  }

  #documentFile({ sha256 }: DocumentNote): string {
    return join(this.folder, `${sha256}.xml`);
  }

  async #removeOthers(note: DocumentNote): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const ours = name.endsWith('.xml') || name.endsWith(UNFINISHED);
      if (ours && name !== `${note.sha256}.xml`) await rm(join(this.folder, name), { force: true });
    }
  }
}
