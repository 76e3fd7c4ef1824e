/**
 * Reads a file that somebody has named: in nodemgr.toml, on a command line. What is there may be anything. A pipe is
 * not waited for, a device is not read without end, and no more is taken than the file may have.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Without O_NONBLOCK a pipe without a writer would be waited for, past any deadline. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** whyUnreadable returns why an open file is not read; undefined: it is. */
function whyUnreadable(stats: Stats, maxBytes: number): string | undefined {
  if (!stats.isFile()) return 'it is not a regular file';
  return stats.size > maxBytes ? tooLong(maxBytes) : undefined;
}

const tooLong = (maxBytes: number): string => `it has more than ${maxBytes} bytes`;

/** What is read, in pieces: a file of /proc has no size, and any other may grow while it is read. */
class Pieces {
  readonly #maxBytes: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** add takes the next piece; throws when it is too much. */
  add(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.#maxBytes) throw new Error(tooLong(this.#maxBytes));
    this.#pieces.push(piece);
  }

  whole(): Buffer {
    return Buffer.concat(this.#pieces, this.#length);
  }
}

const PIECE_BYTES = 64 << 10;

export interface BoundedRead {
  readonly maxBytes: number;
  /** May refuse the file as it has been opened: throws an Error that says why. */
  readonly judge?: (stats: Stats) => void;
}

/**
 * readBoundedFile returns what is in the file at `path`. Throws an Error, whose message does not name the path,
 * when it cannot be opened, is not a regular file, or has more than `maxBytes`. A file system that hangs is waited for.
 */
export function readBoundedFile(path: string, { maxBytes, judge }: BoundedRead): Buffer {
  const fd = openSync(path, FLAGS);
  try {
    const stats = fstatSync(fd);
    const why = whyUnreadable(stats, maxBytes);
    if (why !== undefined) throw new Error(why);
    judge?.(stats);
    const pieces = new Pieces(maxBytes);
    for (;;) {
      const piece = Buffer.alloc(PIECE_BYTES);
      const got = readSync(fd, piece, 0, PIECE_BYTES, null);
      if (got === 0) return pieces.whole();
      pieces.add(piece.subarray(0, got));
    }
  } finally {
    closeSync(fd);
  }
}

async function readOpen(file: FileHandle, { maxBytes, judge }: BoundedRead): Promise<Buffer> {
  try {
    const stats = await file.stat();
    const why = whyUnreadable(stats, maxBytes);
    if (why !== undefined) throw new Error(why);
    judge?.(stats);
    const pieces = new Pieces(maxBytes);
    for (;;) {
      const { bytesRead, buffer } = await file.read(
        Buffer.alloc(PIECE_BYTES),
        0,
        PIECE_BYTES,
        null,
      );
      if (bytesRead === 0) return pieces.whole();
      pieces.add(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/**
 * readBoundedFileBefore does the same beside other work, and rejects when `signal` is aborted. What a file system that
 * hangs keeps then is a thread, until it answers.
 */
export function readBoundedFileBefore(
  path: string,
  bounds: BoundedRead,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const abandon = () => reject(signal.reason);
    signal.addEventListener('abort', abandon, { once: true });
    if (signal.aborted) abandon();
    open(path, FLAGS)
      .then((file) => readOpen(file, bounds))
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abandon));
  });
}
