/** The programs of traffic.py, as processes in the namespaces of a test. They end with it, at the latest. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { run } from './two-networks.ts';

const SCRIPT = resolve('test/bandwidth/support/traffic.py');
const LONGEST_MS = 60_000;

export type Protocol = 'tcp' | 'udp';

/** Who sends what to whom. */
export interface Sending {
  /** User id of the sender. */
  readonly uid: number;
  readonly protocol: Protocol;
  readonly to: string;
  readonly port: number;
  readonly from_port?: number;
  /** SO_MARK of its socket (socket(7)). */
  readonly mark?: number;
  /** Room for data that waits to be sent, in bytes. */
  readonly buffer?: number;
}

export type Order =
  | ({ readonly do: 'flood'; readonly rate?: number } & Sending)
  | ({ readonly do: 'leave' | 'send_once'; readonly bytes: number } & Sending)
  | {
      readonly do: 'sink';
      readonly first: number;
      readonly last: number;
      readonly datagrams: readonly number[];
    }
  | { readonly do: 'sample'; readonly device: string; readonly every: number }
  | { readonly do: 'real_frames'; readonly device: string };

export class TrafficPrograms {
  readonly #running = new Set<TrafficProgram>();
  readonly #python = run('python3', '-c', 'import sys; print(sys.executable)').trim();

  /** start runs one in a namespace; it says in a line when it is at work. */
  start(space: string, order: Order): TrafficProgram {
    const program = [this.#python, SCRIPT, JSON.stringify(order)];
    const child = spawn('ip', ['netns', 'exec', space, ...program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const started = new TrafficProgram(child, order);
    this.#running.add(started);
    return started;
  }

  /** end ends all of them. */
  async end(): Promise<void> {
    await Promise.all([...this.#running].map((program) => program.end()));
    this.#running.clear();
  }
}

export class TrafficProgram {
  readonly #lines: AsyncIterator<string>;

  constructor(
    private readonly child: ChildProcess,
    private readonly order: Order,
  ) {
    if (child.stdout === null) throw new Error('no output to read');
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    // It may have ended when it is asked: then there is no answer either, which is told.
    child.stdin?.on('error', () => undefined);
  }

  /** said returns the next that it says. Rejects when it ends instead, or says nothing for a minute. */
  async said(): Promise<Readonly<Record<string, unknown>>> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), LONGEST_MS);
    const { value, done } = await this.#lines.next();
    clearTimeout(timer);
    if (done) throw new Error(`traffic.py said no more: ${JSON.stringify(this.order)}`);
    return JSON.parse(value) as Readonly<Record<string, unknown>>;
  }

  /** ask has it say what it knows. */
  ask(): Promise<Readonly<Record<string, unknown>>> {
    this.child.stdin?.write('\n');
    return this.said();
  }

  async end(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
