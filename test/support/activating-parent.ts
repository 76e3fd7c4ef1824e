/** A parent that listens for a program and starts it when a caller comes, as systemd does for a unit with sockets. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

export interface ListenPlaces {
  readonly unix: string;
  readonly tcp: number;
}

export class ActivatingParent {
  /** Process ids of the program's lives, and the exit statuses of those that are over (-N: by signal N). */
  readonly started: number[] = [];
  readonly ended: number[] = [];
  /** What the program has written to standard error. */
  errors = '';
  readonly #child: ChildProcessWithoutNullStreams;

  constructor({ unix, tcp }: ListenPlaces, command: readonly string[]) {
    const program = resolve('test/support/activating_parent.py');
    this.#child = spawn('python3', [program, unix, String(tcp), ...command]);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { started, status } = JSON.parse(line) as { started?: number; status?: number };
      if (started !== undefined) this.started.push(started);
      if (status !== undefined) this.ended.push(status);
    });
  }

  /** end kills the program and the parent. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, 'exit');
  }
}
