/**
 * Answers a request that is not taken, and closes the connection without losing the answer: closing
 * a socket while the client still sends makes the kernel reset the connection, and a client that has
 * not read the answer by then never sees it. So what still comes is thrown away, for a while.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** How long, and how much, a refused client may go on sending. */
const LINGER_MS = 2000;
const LINGER_BYTES = 16 << 20;

function untilQuiet(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let discarded = 0;
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, LINGER_MS);
    request.on('data', (chunk: Buffer) => {
      discarded += chunk.length;
      if (discarded > LINGER_BYTES) done();
    });
    request.on('end', done).on('close', done).on('error', done);
    if (request.readableEnded || request.destroyed) done();
    else request.resume();
  });
}

/** refuse sends an answer, and resolves when the connection has been closed or is closing. */
export async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  body: Buffer,
): Promise<void> {
  response.writeHead(status, {
    ...headers,
    Connection: 'close',
    'Content-Length': body.length,
  });
  response.write(body);
  await untilQuiet(request);
  response.end();
}
