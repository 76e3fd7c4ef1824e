/** Reads the body of a request within bounds: its own, and one for all requests together. */
import type { IncomingMessage } from 'node:http';
import { GrowingBody } from './growing-body.ts';

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
  async read(request: IncomingMessage): Promise<Buffer | NoBody> {
    // Its 'close' has been and gone: nothing more would be heard of it.
    if (request.destroyed) return 'closed';
    const body = new GrowingBody(this.#maxBytes);
    const outcome = await new Promise<'whole' | NoBody>((resolve) => {
      const onData = (chunk: Buffer) => {
        const refused = this.#admit(chunk.length);
        if (refused === undefined) body.append(chunk);
        else resolve(refused);
      };
      request.on('data', onData);
      request.on('end', () => resolve('whole'));
      request.on('error', () => resolve('closed'));
      request.on('close', () => resolve('closed'));
    });
    if (outcome === 'whole') return body.whole();
    request.removeAllListeners('data').pause();
    return outcome;
  }

  release(): void {
    this.#room.give(this.#taken);
    this.#taken = 0;
  }

  #admit(bytes: number): NoBody | undefined {
    this.#received += bytes;
    if (this.#received > this.#maxBytes) return 'too long';
    const wanted = Math.max(0, this.#received - FREE_BYTES) - this.#taken;
    if (!this.#room.take(wanted)) return 'no room';
    this.#taken += wanted;
    return undefined;
  }
}
