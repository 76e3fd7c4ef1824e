/** An XML-RPC client in a process of its own: told by JSON lines what to call, it answers by JSON lines. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
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

export class ClientProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((answer: ApiAnswer) => void)[] = [];
  #stderr = '';
  #ended = false;

  /** `command` is the program with its first arguments; `tcp PORT` or `unix PATH`, and UID, follow. */
  constructor(command: readonly string[], { tcp, unix, uid }: ClientTarget) {
    const [program = '', ...first] = command;
    const where = tcp === undefined ? ['unix', unix ?? ''] : ['tcp', String(tcp)];
    const user = uid === undefined ? [] : [String(uid)];
    this.#child = spawn(program, [...first, ...where, ...user]);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    // A program that has ended is told of by 'close', with what it said.
    this.#child.stdin.on('error', () => undefined);
    createInterface({ input: this.#child.stdout }).on('line', (line) =>
      this.#waiting.shift()?.(JSON.parse(line) as ApiAnswer),
    );
    this.#child.on('close', () => {
      this.#ended = true;
      for (const settle of this.#waiting.splice(0)) settle(this.#epitaph);
    });
  }

  get #epitaph(): ApiAnswer {
    return { error: `the client ended: ${this.#stderr}` };
  }

  /** tell hands the program one call as it understands them, and returns whatever came of it. */
  tell(call: Readonly<Record<string, unknown>>): Promise<ApiAnswer> {
    if (this.#ended) return Promise.resolve(this.#epitaph);
    return new Promise((settle) => {
      this.#waiting.push(settle);
      this.#child.stdin.write(`${JSON.stringify(call)}\n`);
    });
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}

/** resultOf returns the result in an answer; throws when there is none. */
export function resultOf(method: string, answer: ApiAnswer): unknown {
  if ('result' in answer) return answer.result;
  throw new Error(`${method}: ${JSON.stringify(answer)}`);
}

/** faultOf returns the fault in an answer; throws when there is none. */
export function faultOf(method: string, answer: ApiAnswer): readonly [number, string] {
  if ('fault' in answer) return answer.fault;
  throw new Error(`${method} gave no fault but ${JSON.stringify(answer)}`);
}
