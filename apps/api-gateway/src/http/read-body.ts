/** Reads the body of a request within bounds: its own, and one for all requests together. */
import type { IncomingMessage } from 'node:http';
import { receiveBody } from '@nodemgr/http-front';

/** How reading ended, when not with the body. */
export type NoBody = 'too long' | 'no room' | 'closed';

/**
 * The first bytes of a body need no room, so that ordinary calls are taken while somebody else's
 * large ones fill it.
 */
const FREE_BYTES = 64 << 10;

/** BodyRoom bounds the bytes of all large bodies that are being received or answered. */
export class BodyRoom {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** take reserves room; reports whether there was enough. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** A body that is being received. `release` gives its room back, once its request is answered. */
export class BodyReader {
  readonly #room: BodyRoom;
  readonly #maxBytes: number;
  #received = 0;
  #taken = 0;

  constructor(room: BodyRoom, maxBytes: number) {
    this.#room = room;
    this.#maxBytes = maxBytes;
  }

  /** read returns the whole body, or why there is none; what comes after that is left unread. */
  read(request: IncomingMessage): Promise<Buffer | NoBody> | Buffer | NoBody {
    // Its 'close' has been and gone: nothing more would be heard of it.
    if (request.destroyed) return 'closed';
    const declared = Number(request.headers['content-length'] ?? Number.NaN);
    return request.readableLength === declared
      ? this.#readArrived(request, declared)
      : receiveBody(request, this.#maxBytes, (bytes) => this.#admit(bytes));
  }

  /** Most bodies have arrived, with their head, by the time that they are asked for. */
  #readArrived(request: IncomingMessage, length: number): Buffer | NoBody {
    const refused = this.#admit(length);
    if (refused !== undefined) return refused;
    const body: Buffer | null = request.read();
    // The stream has an end yet, which somebody must take.
    request.resume();
    return body ?? Buffer.alloc(0);
  }

  release(): void {
    this.#room.give(this.#taken);
    this.#taken = 0;
  }

  #admit(bytes: number): 'too long' | 'no room' | undefined {
    this.#received += bytes;
    if (this.#received > this.#maxBytes) return 'too long';
    const wanted = Math.max(0, this.#received - FREE_BYTES) - this.#taken;
    if (!this.#room.take(wanted)) return 'no room';
    this.#taken += wanted;
    return undefined;
  }
}
