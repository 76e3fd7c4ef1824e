/**
 * Ends a connection outside of any request: its client does not speak HTTP, or not in time, or nothing more is
 * taken from it. The server decides when that may be done, in the order of the answers before it.
 */
import type { Socket } from 'node:net';
import { type LingerBounds, untilQuiet } from './until-quiet.ts';

const STATUS_BY_CODE: ReadonlyMap<string, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', '413 Content Too Large'],
]);

/** statusOf returns the status that a client error of node:http is answered with, number and words. */
export function statusOf(error: NodeJS.ErrnoException): string {
  return STATUS_BY_CODE.get(error.code ?? '') ?? '400 Bad Request';
}

/** isOver reports whether a client error means that nobody is there any more to be answered. */
export function isOver(error: NodeJS.ErrnoException, socket: Socket): boolean {
  return error.code === 'ECONNRESET' || socket.destroyed;
}

/** textOf writes an answer without a body. `fields`: more of its header, each with its line end. */
export function textOf(status: string, fields = ''): string {
  return `HTTP/1.1 ${status}\r\n${fields}Connection: close\r\nContent-Length: 0\r\n\r\n`;
}

/**
 * closeAfter sends `text` and ends our side of the connection. What its client still sends is thrown away
 * within `linger`, so that it can read what was sent; then the connection is gone.
 */
export function closeAfter(socket: Socket, text: string, linger: LingerBounds): void {
  if (socket.destroyed) return;
  // node:http would take it for requests.
  socket.removeAllListeners('data');
  socket.setTimeout(linger.ms, () => socket.destroy());
  const waitForEnd = () => void untilQuiet(socket, linger).then(() => socket.destroy());
  if (socket.writable) socket.end(text, waitForEnd);
  else waitForEnd();
}
