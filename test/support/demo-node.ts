/**
 * A node for tests: the real processes, started as `npm start` does, in a folder of its own, with a
 * slices.xml that the test can change while they run.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connectCalls } from '@nodemgr/bus';
import {
  type Contract,
  type DaemonName,
  type DbStatus,
  dbOperatorContract,
  endpointsBelow,
  type FetcherStatus,
  fetcherOperatorContract,
  OPERATOR_CONTRACTS,
  type ParamsOf,
  type ResultOf,
} from '@nodemgr/contracts';
import { expect, vi } from 'vitest';
import { freePort } from './free-port.ts';
import { PythonClient } from './python-client.ts';

/** How long a state may take to come about. Generous: what is waited for is a state, not a time. */
export const PATIENCE_MS = 120_000;

export interface NodeOptions {
  readonly slices?: string;
  readonly flags?: readonly string[];
  /** Reuse this folder (a second start on the same state). */
  readonly folder?: string;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class DemoNode {
  readonly folder: string;
  readonly slicesFile: string;
  readonly state: string;
  output = '';
  errors = '';
  #child: ChildProcess | undefined;
  #clients: PythonClient[] = [];

  private constructor(
    readonly port: number,
    readonly options: NodeOptions,
  ) {
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'node-'));
    // Slivers and delegates pass through it to api.sock, as they do through /run.
    chmodSync(this.folder, 0o755);
    this.slicesFile = join(this.folder, 'slices.xml');
    this.state = join(this.folder, 'state');
  }

  /** launch starts the processes and does not wait for anything. */
  static async launch(options: NodeOptions = {}): Promise<DemoNode> {
    const node = new DemoNode(await freePort(), options);
    if (options.slices !== undefined) node.publish(options.slices);
    node.#spawn();
    return node;
  }

  /** start starts the processes and waits for `ready`. */
  static async start(options: NodeOptions = {}): Promise<DemoNode> {
    const node = await DemoNode.launch(options);
    await node.ready();
    return node;
  }

  #spawn(): void {
    const { slices, flags = [] } = this.options;
    const child = spawn(
      process.execPath,
      [
        resolve('dist/apps/demo/main.cjs'),
        '--plain',
        ...['--state', this.state, '--tcp-port', String(this.port), '--poll', '0.3'],
        ...(slices === undefined ? [] : ['--slices', this.slicesFile]),
        ...flags,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.#child = child;
  }

  /** publish replaces the document that the demo's PLC serves, at once. */
  publish(document: string): void {
    writeFileSync(`${this.slicesFile}.new`, document);
    renameSync(`${this.slicesFile}.new`, this.slicesFile);
  }

  async ready(): Promise<void> {
    await this.eventually(() => {
      if (this.#child?.exitCode != null) throw new Error(`ended: ${this.errors}${this.output}`);
      expect(this.output).toMatch(/^ready /m);
    });
  }

  /** stopReading closes our end of the demo's output, as `| head` does. */
  stopReading(): void {
    this.#child?.stdout?.destroy();
    this.#child?.stderr?.destroy();
  }

  get apiSocket(): string {
    return /^ready tcp \S+ unix (.+)$/m.exec(this.output)?.[1] ?? '';
  }

  /** tcp returns Python's client on 127.0.0.1; with `uid` as that user (needs root). */
  tcp(uid?: number): PythonClient {
    return this.#client({ tcp: this.port, ...(uid === undefined ? {} : { uid }) });
  }

  unix(uid?: number): PythonClient {
    return this.#client({ unix: this.apiSocket, ...(uid === undefined ? {} : { uid }) });
  }

  #client(target: ConstructorParameters<typeof PythonClient>[0]): PythonClient {
    const client = new PythonClient(target);
    this.#clients.push(client);
    return client;
  }

  /** nmctl runs the operators' command line against this node. */
  nmctl(...args: readonly string[]): Promise<Finished> {
    return new Promise((settle) => {
      execFile(
        process.execPath,
        [resolve('dist/apps/nmctl/main.cjs'), '--state', this.state, ...args],
        { maxBuffer: 64 << 20 },
        (error, stdout, stderr) =>
          settle({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
      );
    });
  }

  /** ask asks a daemon over its operator's socket, as nmctl does. */
  async ask<C extends Contract, M extends keyof C & string>(
    daemon: DaemonName,
    contract: C,
    method: M,
  ): Promise<ResultOf<C, M>> {
    const path = endpointsBelow(join(this.state, 'run')).operator[daemon];
    const client = connectCalls({ path, contract });
    try {
      return await client.call(method, {} as ParamsOf<C, M>, { deadlineMs: 2000 });
    } finally {
      client.close();
    }
  }

  database(): Promise<DbStatus> {
    return this.ask('db-service', dbOperatorContract, 'status');
  }

  fetcher(): Promise<FetcherStatus> {
    return this.ask('plc-fetcher', fetcherOperatorContract, 'status');
  }

  /** Any daemon's contract has `status`, and every status has the process id. */
  async pidOf(daemon: DaemonName): Promise<number> {
    const contract: Contract = OPERATOR_CONTRACTS[daemon];
    const { pid } = (await this.ask(daemon, contract, 'status')) as { pid: number };
    return pid;
  }

  /** eventually waits until `assertion` holds. */
  async eventually<T>(assertion: () => T | Promise<T>): Promise<T> {
    return vi.waitFor(assertion, { timeout: PATIENCE_MS, interval: 100 });
  }

  /** end stops the processes as Ctrl-C does, and returns the exit status. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    for (const client of this.#clients.splice(0)) client.close();
    const child = this.#child;
    if (child === undefined) return null;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode;
  }

  async destroy(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
