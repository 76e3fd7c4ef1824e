/** The input in hand, in memory that the watchdog's thread sees although the one that runs it hangs. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** What the watchdog is started with. */
export interface Watched {
  readonly shared: SharedArrayBuffer;
  readonly seed: number;
  /** Where it saves an input that hangs. */
  readonly folder: string;
}

/** Bytes of an input that are kept; longer ones are saved cut short, their index still being true. */
const MAX_BYTES = 1 << 20;
/** Two 32-bit words: the index (-1: none in hand) and the length. */
const HEAD = 8;

/** watchedInput returns the input in hand; an index of -1: none is. */
export function watchedInput(shared: SharedArrayBuffer): { index: number; body: Uint8Array } {
  const head = new Int32Array(shared, 0, 2);
  const length = Atomics.load(head, 1);
  return { index: Atomics.load(head, 0), body: new Uint8Array(shared, HEAD, length).slice() };
}

export class WatchedInput {
  readonly #shared = new SharedArrayBuffer(HEAD + MAX_BYTES);
  readonly #head = new Int32Array(this.#shared, 0, 2);
  readonly #body = new Uint8Array(this.#shared, HEAD);
  readonly #thread: Worker;

  constructor(seed: number, folder: string) {
    Atomics.store(this.#head, 0, -1);
    const workerData: Watched = { shared: this.#shared, seed, folder };
    this.#thread = new Worker(join(__dirname, 'watchdog.thread.cjs'), { workerData });
  }

  begin(index: number, body: Uint8Array): void {
    const kept = body.subarray(0, MAX_BYTES);
    this.#body.set(kept);
    Atomics.store(this.#head, 1, kept.length);
    Atomics.store(this.#head, 0, index);
  }

  /** rest says that no input is in hand. */
  rest(): void {
    Atomics.store(this.#head, 0, -1);
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}
