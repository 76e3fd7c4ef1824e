/** Asks the node's daemons from here, by a program that does so in the machine. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { DaemonName } from '@nodemgr/contracts';
import type { NodeMachine } from './node-machine.ts';

/** Where the program is in the machine: beside it are the modules of the package. */
export const ASKER_FOLDER = '/opt/node-tests';

export interface Question {
  readonly id: number;
  readonly to: DaemonName | 'deliver';
  readonly method: string;
  readonly params: unknown;
}

export interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Waiting {
  readonly settle: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
}

/** One process over there, for as long as it lives; one question at a time is answered, in their order. */
class AskerProcess {
  readonly #waiting = new Map<number, Waiting>();
  #stderr = '';
  ended = false;

  constructor(private readonly child: ChildProcess) {
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    child.stdin?.on('error', () => this.#end());
    child.on('error', () => this.#end());
    child.on('exit', () => this.#end());
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => this.#heard(line));
    }
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((settle, fail) => {
      this.#waiting.set(question.id, { settle, fail });
      this.child.stdin?.write(`${JSON.stringify(question)}\n`);
    });
  }

  close(): void {
    this.child.stdin?.end();
    this.child.kill('SIGTERM');
  }

  #heard(line: string): void {
    const answer = JSON.parse(line) as Answer;
    this.#waiting.get(answer.id)?.settle(answer);
    this.#waiting.delete(answer.id);
  }

  #end(): void {
    this.ended = true;
    const error = new Error(`nobody asks in the machine any more: ${this.#stderr.trim()}`);
    for (const { fail } of this.#waiting.values()) fail(error);
    this.#waiting.clear();
  }
}

export class Asker {
  #process: AskerProcess | undefined;
  #asked = 0;

  constructor(private readonly machine: NodeMachine) {}

  /** ask resolves with the daemon's answer, which the program over there has checked; rejects with its fault. */
  async ask(to: Question['to'], method: string, params: unknown): Promise<unknown> {
    if (this.#process === undefined || this.#process.ended) {
      this.#process = new AskerProcess(
        this.machine.spawn(['node', `${ASKER_FOLDER}/ask-inside.process.cjs`]),
      );
    }
    this.#asked += 1;
    const { result, error } = await this.#process.ask({ id: this.#asked, to, method, params });
    if (error !== undefined) throw new Error(error);
    return result;
  }

  close(): void {
    this.#process?.close();
  }
}
