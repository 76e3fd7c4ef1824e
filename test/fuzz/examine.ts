/** Puts one input through everything that is judged here, and says what is wrong with it. */
import { type Answered, FuzzedNode } from './fuzzed-node.ts';
import { generateAnyText } from './generate-value.ts';
import type { FuzzInput } from './input-source.ts';
import { judgeAnswer } from './judge-answer.ts';
import { decode, judgeDecoding, judgeText, type Verdict } from './judge-decoding.ts';
import { Random } from './random.ts';
import { everyScene } from './scene.ts';

/** What is wrong with an input, and what the reader and the gateway made of it. */
export interface Examined {
  readonly verdict: Verdict;
  readonly accepted: boolean;
  readonly answer: string;
}

export class Examiner {
  readonly #node = new FuzzedNode();

  /** examine judges one input. */
  async examine({ body, scene, meant }: FuzzInput): Promise<Examined> {
    const decoded = decode(body);
    const accepted = decoded.kind === 'call';
    const wrong = judgeDecoding(body, decoded, meant);
    if (wrong !== undefined) return { verdict: wrong, accepted, answer: '' };
    let answered: Answered;
    try {
      answered = await this.#node.answer(body, scene);
    } catch (error) {
      return { verdict: `the gateway gave no answer: ${String(error)}`, accepted, answer: '' };
    }
    const { answer } = answered;
    return { verdict: judgeAnswer(body, scene, decoded, answered), accepted, answer };
  }

  /** examineEverywhere judges a body in every scene, and returns the first thing that is wrong. */
  async examineEverywhere(body: Uint8Array): Promise<Verdict> {
    for (const scene of everyScene()) {
      const { verdict } = await this.examine({ body, scene, meant: undefined });
      if (verdict !== undefined) return `${verdict} (in the scene ${JSON.stringify(scene)})`;
    }
    return undefined;
  }
}

/** examineText judges the writer on a text of its own for each index. */
export function examineText(seed: number, index: number): Verdict {
  return judgeText(generateAnyText(new Random(~seed, index)));
}
