/**
 * Answers a request that is not taken, and closes the connection without losing the answer: what still
 * comes is thrown away, for a while.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { untilQuiet } from '@nodemgr/daemon';

/** How long, and how much, a refused client may go on sending. */
const LINGER = { ms: 2000, bytes: 16 << 20, leastChunk: 0 };

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
  await untilQuiet(request, LINGER);
  response.end();
}
