/** Looks at the heap at the start, in the middle and at the end of a run, each time after a collection. */
import type { Verdict } from './judge-decoding.ts';

/**
 * What the second half of a run may add (bytes). Compiled code and kept inputs are there by then;
 * a leak of 100 bytes an input is more than this in a run of the ordinary length.
 */
const MAX_GROWTH = 8 << 20;
/** A warm start: what is made once for all has been made after this share of a run. */
const MARKS = [0.1, 0.55, 1] as const;

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export class HeapGrowth {
  readonly bytes: number[] = [];
  readonly #inputs: number;

  /** `inputs`: how many there will be in this process. */
  constructor(inputs: number) {
    this.#inputs = inputs;
  }

  /** look is told how many inputs there have been, and measures when it is time to. */
  look(done: number): void {
    const next = MARKS[this.bytes.length];
    if (next !== undefined && done >= Math.floor(next * this.#inputs)) this.bytes.push(heapBytes());
  }

  get verdict(): Verdict {
    const [, middle, end] = this.bytes;
    if (middle === undefined || end === undefined || end - middle <= MAX_GROWTH) return undefined;
    return `the heap grew from ${middle} to ${end} bytes in the second half of the run`;
  }
}
