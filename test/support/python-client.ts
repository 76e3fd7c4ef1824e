/** Python's xmlrpc.client in a process of its own, so that the API is spoken to by a stranger. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

export type ApiAnswer =
  | { readonly result: unknown }
  | { readonly fault: readonly [code: number, text: string] }
  | { readonly error: string };

export interface ClientTarget {
  readonly tcp?: number;
  readonly unix?: string;
  /** Become this user first; needs root. */
  readonly uid?: number;
}

export class PythonClient {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((answer: ApiAnswer) => void)[] = [];
  #stderr = '';

  constructor({ tcp, unix, uid }: ClientTarget) {
    const where = tcp === undefined ? ['unix', unix ?? ''] : ['tcp', String(tcp)];
    const user = uid === undefined ? [] : [String(uid)];
    this.#child = spawn('python3', [resolve('test/support/xmlrpc_client.py'), ...where, ...user]);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) =>
      this.#waiting.shift()?.(JSON.parse(line) as ApiAnswer),
    );
    this.#child.on('exit', () => {
      for (const settle of this.#waiting.splice(0)) settle({ error: `python3: ${this.#stderr}` });
    });
  }

  /** ask makes a call and returns whatever came of it. */
  ask(method: string, ...params: unknown[]): Promise<ApiAnswer> {
    return new Promise((settle) => {
      this.#waiting.push(settle);
      this.#child.stdin.write(`${JSON.stringify({ method, params })}\n`);
    });
  }

  /** call makes a call that must succeed; returns its result. */
  async call(method: string, ...params: unknown[]): Promise<unknown> {
    const answer = await this.ask(method, ...params);
    if ('result' in answer) return answer.result;
    throw new Error(`${method}: ${JSON.stringify(answer)}`);
  }

  /** faultOf makes a call that must end in a fault; returns its code and text. */
  async faultOf(method: string, ...params: unknown[]): Promise<readonly [number, string]> {
    const answer = await this.ask(method, ...params);
    if ('fault' in answer) return answer.fault;
    throw new Error(`${method} gave no fault but ${JSON.stringify(answer)}`);
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}
