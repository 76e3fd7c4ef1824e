/**
 * Answers a request that is not taken, and closes the connection without losing the answer: what still
 * comes is thrown away, for a while.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HeadRefusal } from './judge-head.ts';
import { type LingerBounds, untilQuiet } from './until-quiet.ts';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** refuse sends an answer, and resolves when the connection has been closed or is closing. */
export async function refuse(
  { request, response }: Exchange,
  answer: { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body: Buffer },
  linger: LingerBounds,
): Promise<void> {
  const { status, headers, body } = answer;
  response.writeHead(status, {
    ...headers,
    Connection: 'close',
    'Content-Length': body.length,
  });
  response.write(body);
  await untilQuiet(request, linger);
  response.end();
}

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };

/** refuseInWords is refuse with the reason as the text of the answer. */
export function refuseInWords(
  exchange: Exchange,
  { status, why, headers }: HeadRefusal,
  linger: LingerBounds,
): Promise<void> {
  const body = Buffer.from(`${why}\n`);
  return refuse(exchange, { status, headers: { ...TEXT, ...headers }, body }, linger);
}
