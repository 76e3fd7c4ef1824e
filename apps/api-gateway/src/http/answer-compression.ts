/**
 * Compresses answers for clients that take gzip. It bounds what that costs: an answer that could not
 * be compressed at once goes out as it is, so nobody ever waits for another's compression.
 */
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';

const compress = promisify(gzip);
/** Higher levels take longer, and XML-RPC hardly gets shorter by them: a tenth of its length by this. */
const FASTEST = { level: 1 };
/** Below this (characters) an answer and its head fit in one packet anyway. */
const LEAST_LENGTH = 1 << 10;
/**
 * Up to this length it is done here (12 µs for 1 KiB, 100 µs for all of it): to hand it to another
 * thread costs 80 µs of this one. Of 2 MiB it is 5 ms, in which nobody else would be answered.
 */
const LEAST_APART = 64 << 10;
/** Threads at work at once, one for an account, and one for all that are nobody: the C library's look-ups and files need the other two. */
const MOST_APART = 2;
/** Up to this length an answer is kept: of Help and of a sliver's resources, which come again. */
const MOST_KEPT_LENGTH = 16 << 10;
/** Answers in each of the two halves of what is kept: together at most 2 MiB of text. */
const KEPT_ANSWERS = 64;

export class AnswerCompression {
  /** By text. That of a sliver's resources is the same object again, whose hash is known. */
  #kept = new Map<string, Buffer>();
  #keptBefore = new Map<string, Buffer>();
  readonly #apart = new Set<string>();

  /**
   * compressed returns the gzip of `text`; undefined when it had better go out as it is. `share`: the widest
   * that its caller has part in.
   */
  async compressed(text: string, share: string): Promise<Buffer | undefined> {
    if (text.length < LEAST_LENGTH) return undefined;
    if (text.length > LEAST_APART) return this.#compressApart(text, share);
    return text.length > MOST_KEPT_LENGTH ? gzipSync(text, FASTEST) : this.#once(text);
  }

  async #compressApart(text: string, share: string): Promise<Buffer | undefined> {
    if (this.#apart.has(share) || this.#apart.size >= MOST_APART) return undefined;
    this.#apart.add(share);
    try {
      return await compress(text, FASTEST);
    } finally {
      this.#apart.delete(share);
    }
  }

  #once(text: string): Buffer {
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    const made = this.#keptBefore.get(text) ?? gzipSync(text, FASTEST);
    if (this.#kept.size >= KEPT_ANSWERS) {
      this.#keptBefore = this.#kept;
      this.#kept = new Map();
    }
    this.#kept.set(text, made);
    return made;
  }
}
