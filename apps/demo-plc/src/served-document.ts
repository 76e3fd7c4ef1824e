/** The file that is served: read again when it changes on disk, compressed once for each content. */
import { createHash } from 'node:crypto';
import { constants as modes } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Encoding } from './plan-answer.ts';

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);
/** Of 11: the higher ones take minutes for 30 MB. */
const BROTLI_QUALITY = 5;

/** One content of the file. */
export class ServedDocument {
  readonly #encoded = new Map<Encoding, Promise<Buffer>>();

  constructor(
    private readonly bytes: Buffer,
    readonly modifiedAt: Date,
    /** Names the content. */
    readonly hash: string,
  ) {}

  /** body returns the content in an encoding; each is made once. */
  body(encoding: Encoding): Promise<Buffer> {
    const body = this.#encoded.get(encoding) ?? this.#encode(encoding);
    this.#encoded.set(encoding, body);
    return body;
  }

  #encode(encoding: Encoding): Promise<Buffer> {
    if (encoding === 'gzip') return compressGzip(this.bytes);
    if (encoding === 'identity') return Promise.resolve(this.bytes);
    const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
    const params = {
      [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [BROTLI_PARAM_SIZE_HINT]: this.bytes.length,
    };
    return compressBrotli(this.bytes, { params });
  }
}

/** More than any node takes (plc.max_bytes). */
const MAX_BYTES = 1 << 30;

export class DocumentFile {
  #identity = '';
  #document: ServedDocument | undefined;

  constructor(private readonly path: string) {}

  /** current returns the file's content as it is now; rejects when it cannot be read. */
  async current(): Promise<ServedDocument> {
    // Without O_NONBLOCK a pipe without a writer would be waited for.
    const file = await open(this.path, modes.O_RDONLY | modes.O_NONBLOCK);
    try {
      const stats = await file.stat({ bigint: true });
      if (!stats.isFile()) throw new Error(`${this.path} is not a regular file`);
      const { mtimeNs, size, ino, mtime } = stats;
      if (size > MAX_BYTES) throw new Error(`${this.path} has more than ${MAX_BYTES} bytes`);
      const identity = `${mtimeNs}-${size}-${ino}`;
      if (this.#document !== undefined && identity === this.#identity) return this.#document;
      const bytes = await file.readFile();
      const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
      this.#document = new ServedDocument(bytes, mtime, hash);
      this.#identity = identity;
      return this.#document;
    } finally {
      await file.close();
    }
  }
}
