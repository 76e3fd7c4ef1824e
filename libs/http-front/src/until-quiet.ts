/** Lets the client of a refused request finish, so that it sees why. What is sent to it is not known here. */
import type { Readable } from 'node:stream';

/** How long, and how much, a refused client may go on sending. */
export interface LingerBounds {
  readonly ms: number;
  readonly bytes: number;
  /** The least that a chunk counts: it costs as much as so many bytes in one piece. */
  readonly leastChunk: number;
}

/**
 * untilQuiet throws away what the client still sends of a request, or on a connection, and resolves when it has ended or has had enough:
 * closing a socket while its client sends makes the kernel reset the connection, and a client that has not
 * read the answer by then never sees it.
 */
export function untilQuiet(
  request: Readable,
  { ms, bytes, leastChunk }: LingerBounds,
): Promise<void> {
  return new Promise((resolve) => {
    let discarded = 0;
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    request.on('data', (chunk: Buffer) => {
      discarded += Math.max(chunk.length, leastChunk);
      if (discarded > bytes) done();
    });
    request.on('end', done).on('close', done).on('error', done);
    if (request.readableEnded || request.destroyed) done();
    else request.resume();
  });
}
