/**
 * Keeps the last good document on disk, for a node that boots with PLC unreachable. `last-good.json`
 * names the document and has what PLC sent with it; the document itself is `SHA256.xml` beside it, or
 * `SHA256.json` where PLC speaks GetSlivers. All of it is readable by its owner alone.
 * A document that is signed has its signature beside it, in `SHA256.xml.sig`.
 * The pointer is written last, so whatever a crash interrupts, it names a complete document.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '@nodemgr/daemon';
import { epochSecondsSchema, type PlcKind, plcKindSchema } from '@nodemgr/records';
import * as z from 'zod';

/** The end of the name of a file that is still being written. */
const UNFINISHED = '.tmp';

/** writeDurably replaces `path`, readable by its owner alone; when it resolves, the data is on disk. */
async function writeDurably(path: string, data: Uint8Array | string): Promise<void> {
  const unfinished = `${path}${UNFINISHED}`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  await syncFolder(dirname(path));
}

const noteSchema = z.strictObject({
  /** What reads it. Nodes that knew one kind only named none. */
  kind: plcKindSchema.default('slices-xml'),
  /** Whose document it is: its validators are for the same URL and node only. */
  url: z.string(),
  node_id: z.int(),
  etag: z.string().optional(),
  last_modified: z.string().optional(),
  /** Of what is kept. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** How many came. */
  bytes: z.int().nonnegative(),
  /** Milliseconds since 1970. */
  fetched_at: z.number(),
  /** Time of the last update delivered from this document, or of its fetch. */
  vouched_at: epochSecondsSchema,
  /** Of a document that is kept with its signature. */
  serial: z.int().nonnegative().optional(),
});
/** The facts about the kept document beside its bytes. */
export type DocumentNote = z.infer<typeof noteSchema>;

export interface StoredDocument {
  readonly note: DocumentNote;
  readonly bytes: Buffer;
  /** Armoured. */
  readonly signature?: string | undefined;
}

const POINTER = 'last-good.json';
const ENDS: Readonly<Record<PlcKind, string>> = { 'slices-xml': '.xml', getslivers: '.json' };

/** sha256Of names the bytes of a document. */
export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const nameOf = ({ sha256, kind }: DocumentNote): string => `${sha256}${ENDS[kind]}`;
const signatureNameOf = (note: DocumentNote): string => `${nameOf(note)}.sig`;
/** nameOf's names, and signatureNameOf's. */
const DOCUMENT_NAME = /^[0-9a-f]{64}\.(xml|json)(\.sig)?$/;

export class DocumentStore {
  /** `folder` is made when something is first kept. */
  constructor(private readonly folder: string) {}

  /** pointer returns what is known of the kept document; undefined when there is none. Rejects when it is damaged. */
  async pointer(): Promise<DocumentNote | undefined> {
    const pointer = join(this.folder, POINTER);
    let text: string;
    try {
      text = await readFile(pointer, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    return noteSchema.parse(JSON.parse(text));
  }

  /** load returns the kept document; undefined when there is none. Rejects when it is damaged. */
  async load(): Promise<StoredDocument | undefined> {
    const note = await this.pointer();
    if (note === undefined) return undefined;
    const bytes = await readFile(this.#documentFile(note));
    if (sha256Of(bytes) !== note.sha256) throw new Error(`${this.#documentFile(note)} is damaged`);
    if (note.serial === undefined) return { note, bytes };
    return { note, bytes, signature: await readFile(this.#signatureFile(note), 'latin1') };
  }

  /** save keeps a new document instead of the one before, with its signature if it has one. */
  async save(note: DocumentNote, bytes: Buffer, signature?: string): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeDurably(this.#documentFile(note), bytes);
    if (signature !== undefined) {
      await writeDurably(this.#signatureFile(note), Buffer.from(signature, 'latin1'));
    }
    await this.note(note);
    await this.#removeOthers(note);
  }

  /** note replaces what is known of the document that is kept already. */
  async note(note: DocumentNote): Promise<void> {
    await writeDurably(join(this.folder, POINTER), `${JSON.stringify(note, undefined, 2)}\n`);
  }

  #documentFile(note: DocumentNote): string {
    return join(this.folder, nameOf(note));
  }

  #signatureFile(note: DocumentNote): string {
    return join(this.folder, signatureNameOf(note));
  }

  async #removeOthers(note: DocumentNote): Promise<void> {
    const kept = [nameOf(note), ...(note.serial === undefined ? [] : [signatureNameOf(note)])];
    for (const name of await readdir(this.folder)) {
      const ours = DOCUMENT_NAME.test(name) || name.endsWith(UNFINISHED);
      if (ours && !kept.includes(name)) await rm(join(this.folder, name), { force: true });
    }
  }
}
