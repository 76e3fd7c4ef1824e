/** Receives the body of a request, as far as its owner lets it. */
import type { IncomingMessage } from 'node:http';

/**
 * The bytes of a body in one piece that grows as they come. A list of chunks will not do: a chunk of
 * one byte costs its own object and keeps the whole of what was read from the socket with it.
 */
class GrowingBody {
  readonly #maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  /** Bytes received. */
  length = 0;

  /** No more than `maxBytes` are ever set aside. */
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

/**
 * receiveBody returns the whole body, or why there is none: 'closed' when its client has gone, or what `admit`
 * returned, which is asked before the bytes of each chunk are kept. What comes after that is left unread.
 * `admit` lets no more than `maxBytes` pass.
 */
export async function receiveBody<Refused extends string>(
  request: IncomingMessage,
  maxBytes: number,
  admit: (bytes: number) => Refused | undefined,
): Promise<Buffer | Refused | 'closed'> {
  const body = new GrowingBody(maxBytes);
  const outcome = await new Promise<'whole' | 'closed' | { readonly refused: Refused }>(
    (resolve) => {
      request.on('data', (chunk: Buffer) => {
        const refused = admit(chunk.length);
        if (refused === undefined) body.append(chunk);
        else resolve({ refused });
      });
      request.on('end', () => resolve('whole'));
      request.on('error', () => resolve('closed')).on('close', () => resolve('closed'));
    },
  );
  if (outcome === 'whole') return body.whole();
  request.removeAllListeners('data').pause();
  return outcome === 'closed' ? outcome : outcome.refused;
}
