/** Takes the body of a request off its connection, within a bound. */
import type { IncomingMessage } from 'node:http';

/** The bytes of a body in one piece: kept apart, a chunk of one byte would cost an object of its own. */
class Body {
  readonly #bytes: Buffer;
  #length = 0;

  constructor(maxBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(maxBytes);
  }

  /** append reports whether there was room. */
  append(chunk: Buffer): boolean {
    if (this.#length + chunk.length > this.#bytes.length) return false;
    this.#length += chunk.copy(this.#bytes, this.#length);
    return true;
  }

  whole(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** readBody returns the whole body; 'too long' leaves the rest unread, 'closed' is a client that went. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | 'too long' | 'closed'> {
  // What is longer than it says is not HTTP, and never gets here.
  const body = new Body(Number(request.headers['content-length'] ?? maxBytes));
  const outcome = await new Promise<'whole' | 'too long' | 'closed'>((resolve) => {
    request.on('data', (chunk: Buffer) => {
      if (!body.append(chunk)) resolve('too long');
    });
    request.on('end', () => resolve('whole'));
    request.on('error', () => resolve('closed')).on('close', () => resolve('closed'));
  });
  if (outcome === 'whole') return body.whole();
  request.removeAllListeners('data').pause();
  return outcome;
}
