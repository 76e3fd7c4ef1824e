/**
 * Python's xmlrpc.client in a process of its own, as a second reader of XML-RPC: where both accept a
 * document, both must read the same in it. What only one of them accepts says nothing.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { decodeResponse } from '@nodemgr/xml-rpc';
import { z } from 'zod';
import type { Decoded, Verdict } from './judge-decoding.ts';
import { sameValue } from './same-value.ts';
import { fromTagged, Unknown } from './tagged-value.ts';

const PATIENCE_MS = 30_000;

const opinionSchema = z.union([
  z.object({ refused: z.string() }),
  z.object({ fault: z.tuple([z.number(), z.string()]) }),
  z.object({ method: z.string().nullable(), params: z.array(z.unknown()) }),
]);
type Opinion = z.infer<typeof opinionSchema>;

/** differs reports whether values differ; what Python leaves open does not. */
function differs(ours: Parameters<typeof sameValue>[0], theirs: unknown): boolean {
  try {
    return !sameValue(ours, fromTagged(theirs));
  } catch (error) {
    if (error instanceof Unknown) return false;
    throw error;
  }
}

function judgeAnswer(answer: string, opinion: Opinion): Verdict {
  const ours = decodeResponse(Buffer.from(answer), {
    maxDepth: 100,
    maxValues: 1_000_000,
    maxText: 1 << 24,
  });
  if ('refused' in opinion) return `Python cannot read the answer: ${opinion.refused}`;
  if ('fault' in opinion) {
    const [code, text] = opinion.fault;
    const same = ours.kind === 'fault' && ours.code === code && ours.text === text;
    return same ? undefined : 'Python reads another fault in the answer';
  }
  const same = ours.kind === 'value' && !differs([ours.value], opinion.params);
  return same ? undefined : 'Python reads another value in the answer';
}

export class SecondOpinion {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  /** Documents that both accepted, and answers that both read. */
  compared = 0;

  constructor() {
    this.#child = spawn('python3', [resolve('test/fuzz/loads.py')]);
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  static isThere(): boolean {
    return spawnSync('python3', ['--version']).status === 0;
  }

  /** onCall compares what was made of a body, where both accept it. */
  async onCall(body: Uint8Array, decoded: Decoded): Promise<Verdict> {
    if (decoded.kind !== 'call') return undefined;
    const opinion = await this.#ask(body);
    if (!('method' in opinion)) return undefined;
    this.compared += 1;
    const { method, params } = decoded.call;
    const theirs = [opinion.method?.trim(), opinion.params];
    if (method.trim() !== theirs[0]) return `Python reads another method: ${opinion.method}`;
    return differs(params, opinion.params) ? 'Python reads other parameters' : undefined;
  }

  /** onAnswer compares what was made of an answer of ours, which both must accept. */
  async onAnswer(answer: string): Promise<Verdict> {
    this.compared += 1;
    return judgeAnswer(answer, await this.#ask(Buffer.from(answer)));
  }

  close(): void {
    this.#child.stdin.end();
    this.#lines.close();
  }

  async #ask(body: Uint8Array): Promise<Opinion> {
    const line = once(this.#lines, 'line', { signal: AbortSignal.timeout(PATIENCE_MS) });
    this.#child.stdin.write(`${Buffer.from(body).toString('base64')}\n`);
    const [text]: unknown[] = await line;
    return opinionSchema.parse(JSON.parse(String(text)));
  }
}
