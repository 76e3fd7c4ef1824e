/**
 * A request that costs more than it may is cut off while node:http still parses: one reading of
 * 64 KiB can hold 3000 tiny requests or 11,000 chunks of a byte, each an object of its own, all made
 * before anybody else is asked. It judges nothing but that.
 */
import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { STALLED_MS } from './http-bounds.ts';

/** A body may come in this many chunks however small; beyond, they must hold this much on average. */
const FREE_CHUNKS = 1000;
const LEAST_AVERAGE_BYTES = 64;
/** Emitted on the socket of a request whose body came in crumbs, as soon as that is known. */
export const CRUMBS = 'crumbs';

const CONCLUDED = Symbol('concluded');
type ApiSocket = Socket & { [CONCLUDED]?: true };

/** conclude has nothing parsed that comes, or has come, on the connection after the requests made by now. */
export function conclude(socket: ApiSocket): void {
  socket[CONCLUDED] = true;
  socket.pause();
  // node:http looks after a socket no more from which it parses nothing.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(STALLED_MS, () => socket.destroy());
}

export class ApiRequest extends IncomingMessage {
  #chunks = 0;
  #bytes = 0;

  /**
   * upgrade is what node:http asks to know whether what follows is HTTP. On a connection that is concluded or
   * has been destroyed it is nothing any more, and so is left unparsed. What a client asks for by its
   * 'Upgrade' header is not done.
   */
  get upgrade(): boolean {
    const socket: ApiSocket = this.socket;
    return this.method === 'CONNECT' || socket.destroyed || socket[CONCLUDED] === true;
  }

  set upgrade(_: boolean | null) {
    // The parser's own opinion, which comes from the headers.
  }

  /** isCrumbs reports whether the body was cut off for costing far more than it holds. */
  get isCrumbs(): boolean {
    return this.#chunks > FREE_CHUNKS && this.#bytes < this.#chunks * LEAST_AVERAGE_BYTES;
  }

  /** push is how node:http hands over a chunk of the body, or null at its end. */
  override push(chunk: Buffer | null): boolean {
    if (this.isCrumbs) return true;
    if (chunk === null) return super.push(chunk);
    this.#chunks += 1;
    this.#bytes += chunk.length;
    if (!this.isCrumbs) return super.push(chunk);
    this.socket.emit(CRUMBS);
    this.destroy();
    return true;
  }
}
