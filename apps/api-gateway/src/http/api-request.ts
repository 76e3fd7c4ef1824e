/**
 * A request whose body comes in crumbs is cut off while node:http still parses them: one reading of
 * 64 KiB can hold 11,000 chunks of a byte, each an object of its own, all made before anybody else
 * is asked. It judges nothing but that.
 */
import { IncomingMessage } from 'node:http';

/** A body may come in this many chunks however small; beyond, they must hold this much on average. */
const FREE_CHUNKS = 1000;
const LEAST_AVERAGE_BYTES = 64;

export class ApiRequest extends IncomingMessage {
  #chunks = 0;
  #bytes = 0;

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
    this.destroy();
    return true;
  }
}
