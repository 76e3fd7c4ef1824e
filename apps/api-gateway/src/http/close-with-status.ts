/** Ends a connection whose client does not speak HTTP, or not in time, or has too many. */
import type { Duplex } from 'node:stream';

const STATUS_BY_CODE: ReadonlyMap<string, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', '413 Content Too Large'],
]);

/**
 * closeWithStatus answers a client error of node:http with its status, as far as the client still
 * listens, and closes the connection at once.
 */
export function closeWithStatus(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  close(socket, STATUS_BY_CODE.get(error.code ?? '') ?? '400 Bad Request');
}

/** closeBusy tells a client that there is no place for its connection, and closes it at once. */
export function closeBusy(socket: Duplex): void {
  close(socket, '503 Service Unavailable');
}

function close(socket: Duplex, status: string): void {
  const answer = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  socket.end(answer, () => socket.destroy());
}
