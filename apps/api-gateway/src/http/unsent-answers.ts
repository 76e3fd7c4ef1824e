/**
 * Bounds the answers that clients do not read: each connection holds one at a time, and all of them
 * together no more than so many bytes. It sends answers; what is in them is not its concern.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface UnsentOptions {
  readonly maxBytes: number;
  /** Told of a connection that is closed to make room; `bytes` of its answer are lost. */
  readonly dropped: (bytes: number) => void;
}

export class UnsentAnswers {
  readonly #options: UnsentOptions;
  /** Bytes that a connection holds, the oldest first. */
  readonly #held = new Map<Socket, number>();
  #bytes = 0;

  constructor(options: UnsentOptions) {
    this.#options = options;
  }

  /**
   * send ends a response with its body; resolves when the kernel has all of it or the connection is
   * gone. Until then nothing more is read from the connection. `encoding` is that of a body that is a string.
   */
  async send(
    response: ServerResponse,
    socket: Socket,
    body: string | Buffer,
    encoding: 'utf8' | 'latin1' = 'utf8',
  ): Promise<void> {
    response.end(body, encoding);
    // Without a socket it follows an answer that ended the connection, and is never sent.
    if (socket.destroyed || response.socket === null || socket.writableLength === 0) return;
    this.#hold(socket, Buffer.byteLength(body));
    socket.pause();
    // The response closes when it has been sent, and with its socket.
    await new Promise((resolve) => response.once('close', resolve));
    this.#release(socket);
    if (!socket.destroyed) socket.resume();
  }

  /** Whoever reads is done in no time, so it is the oldest answer whose client does not read. */
  #hold(socket: Socket, bytes: number): void {
    this.#held.set(socket, bytes);
    this.#bytes += bytes;
    for (const [oldest, lost] of this.#held) {
      // An answer that is too long by itself is sent when no other is in the way.
      if (this.#bytes <= this.#options.maxBytes || oldest === socket) return;
      this.#release(oldest);
      oldest.destroy();
      this.#options.dropped(lost);
    }
  }

  #release(socket: Socket): void {
    this.#bytes -= this.#held.get(socket) ?? 0;
    this.#held.delete(socket);
  }
}
