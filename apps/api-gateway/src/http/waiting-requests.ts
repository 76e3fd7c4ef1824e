/**
 * The requests of one connection that are not answered yet, the one whose turn it is first: how many there
 * may be, and how much they may hold, while a client asks ahead. Nothing is answered here.
 */
import type { IncomingMessage } from 'node:http';
import { MAX_PIPELINED, MAX_PIPELINED_BYTES } from './http-bounds.ts';

/** What node:http reads of a body ahead of whoever wants it (bytes). */
const READ_AHEAD = 16 << 10;

/** bytesOf returns what a request that waits may hold: its header, and of its body what is read ahead. */
function bytesOf({ rawHeaders, url = '', headers }: IncomingMessage): number {
  const head = rawHeaders.reduce((sum, text) => sum + text.length, url.length);
  const length = Number(headers['content-length'] ?? READ_AHEAD);
  return head + Math.min(length, READ_AHEAD);
}

interface Waiting {
  readonly request: IncomingMessage;
  readonly bytes: number;
}

export class WaitingRequests {
  readonly #waiting: Waiting[] = [];
  #bytes = 0;

  /** admit takes a request in, or reports that there are too many already. */
  admit(request: IncomingMessage): boolean {
    if (this.#waiting.length >= MAX_PIPELINED) return false;
    // The one whose turn it is has bounds of its own.
    const bytes = this.#waiting.length === 0 ? 0 : bytesOf(request);
    if (this.#bytes + bytes > MAX_PIPELINED_BYTES) return false;
    this.#waiting.push({ request, bytes });
    this.#bytes += bytes;
    return true;
  }

  /** done lets the first go. */
  done(): void {
    this.#bytes -= this.#waiting.shift()?.bytes ?? 0;
  }

  /** isLast reports whether one waits, and no other behind it. */
  get isLast(): boolean {
    return this.#waiting.length === 1;
  }

  /** isLastUnread reports whether nothing waits but a request that has not come whole. */
  get isLastUnread(): boolean {
    const [first, second] = this.#waiting;
    return second === undefined && first?.request.complete !== true;
  }
}
