/**
 * The bytes of a body in one piece that grows as they come. A list of chunks will not do: a chunk of
 * one byte costs its own object and keeps the whole of what was read from the socket with it.
 */

export class GrowingBody {
  readonly #maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  /** Bytes received. */
  length = 0;

  /** `maxBytes`: what its owner lets it grow to; no more than that is ever set aside. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  append(chunk: Buffer): void {
    const length = this.length + chunk.length;
    // Most bodies come in one piece, which need not be copied.
    if (this.length === 0) this.#bytes = chunk;
    else {
      if (length > this.#bytes.length) this.#grow(length);
      chunk.copy(this.#bytes, this.length);
    }
    this.length = length;
  }

  whole(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(length, Math.min(2 * length, this.#maxBytes)));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}
