/**
 * Answers a request that is not taken, and closes the connection without losing the answer: what still
 * comes is thrown away, for a while.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { untilQuiet } from '@nodemgr/daemon';
import { LINGER } from './http-bounds.ts';

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
