/**
 * One queue of outgoing messages for a socket. ZeroMQ answers EBUSY to two sends at once, and grows
 * without bound behind a peer that does not read; here sends follow each other and the queue ends.
 */
export type Frames = readonly (string | Buffer)[];

/** The part of a ZeroMQ socket that sends. */
export interface Sender {
  send(frames: (string | Buffer)[]): Promise<void>;
}

interface Waiting {
  readonly frames: Frames;
  /** performance.now() after which sending it would be pointless. */
  readonly until: number;
  readonly failed: (error: unknown) => void;
}

const isBusy = (error: unknown): boolean =>
  (error as { readonly code?: string } | undefined)?.code === 'EAGAIN';

export class SendQueue {
  readonly #waiting: Waiting[] = [];
  #draining = false;
  #closed = false;

  constructor(
    private readonly socket: Sender,
    private readonly limit: number,
  ) {}

  /**
   * push sends `frames` after those before it. `failed` is told when it cannot be sent before
   * `until` (performance.now()), when the queue is full or when the socket fails.
   */
  push(frames: Frames, until: number, failed: (error: unknown) => void): void {
    if (this.#closed) {
      failed(new Error('the socket is closed'));
    } else if (this.#waiting.length >= this.limit) {
      failed(new Error(`${this.limit} messages are waiting to be sent already`));
    } else {
      this.#waiting.push({ frames, until, failed });
      if (!this.#draining) void this.#drain();
    }
  }

  close(): void {
    this.#closed = true;
    for (const { failed } of this.#waiting.splice(0)) failed(new Error('the socket was closed'));
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      await this.#sendOne(next);
    }
    this.#draining = false;
  }

  /** The socket's own send time-out (EAGAIN: no peer yet) is tried again until the message's time is over. */
  async #sendOne(message: Waiting): Promise<void> {
    for (;;) {
      try {
        await this.socket.send([...message.frames]);
        return;
      } catch (error) {
        if (!isBusy(error) || this.#closed || performance.now() >= message.until) {
          message.failed(error);
          return;
        }
      }
    }
  }
}
