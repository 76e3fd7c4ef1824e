/**
 * The inputs of a run: each decided by the seed, its index, and the inputs kept before it in the
 * same worker because they reached something new. It makes inputs and judges none.
 */
import type { XmlRpcCall } from '@nodemgr/xml-rpc';
import { generateCall } from './generate-call.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import { type Scene, sceneFrom } from './scene.ts';
import { writeCall } from './write-call.ts';

export interface FuzzInput {
  readonly body: Uint8Array;
  readonly scene: Scene;
  /** What the body means, where it was written from a call and not changed since. */
  readonly meant: XmlRpcCall | undefined;
}

/** How many inputs are kept; then new ones take the places of old ones in turn. */
const MAX_KEPT = 1000;

export class InputSource {
  readonly #seed: number;
  readonly #kept: Uint8Array[];
  #next = 0;

  /** `first` are documents to begin with. */
  constructor(seed: number, first: readonly Uint8Array[]) {
    this.#seed = seed;
    this.#kept = [...first];
  }

  get kept(): number {
    return this.#kept.length;
  }

  /** keep remembers an input to mutate further. */
  keep(body: Uint8Array): void {
    if (this.#kept.length < MAX_KEPT) this.#kept.push(Uint8Array.from(body));
    else this.#kept[this.#next++ % MAX_KEPT] = Uint8Array.from(body);
  }

  /** make returns input number `index`: a third as written, the rest mutated. */
  make(index: number): FuzzInput {
    const random = new Random(this.#seed, index);
    const scene = sceneFrom(random);
    if (random.oneIn(2)) {
      const body = mutate(random, this.#anyKept(random), this.#anyKept(random));
      return { body, scene, meant: undefined };
    }
    const call = generateCall(random);
    const body = writeCall(random, call);
    if (random.oneIn(3))
      return { body: mutate(random, body, this.#anyKept(random)), scene, meant: undefined };
    return { body, scene, meant: call };
  }

  #anyKept(random: Random): Uint8Array {
    return this.#kept[random.below(this.#kept.length)] ?? Buffer.from('<methodCall/>');
  }
}
