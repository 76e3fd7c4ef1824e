/** A whole node for measuring: the real processes, as `npm start` runs them, on a document of ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CallClient, connectCalls } from '@nodemgr/bus';
import {
  bandwidthOperatorContract,
  DAEMONS,
  type DaemonName,
  dbOperatorContract,
  type Endpoints,
  endpointsBelow,
  fetcherOperatorContract,
  gatewayOperatorContract,
  supervisorOperatorContract,
} from '@nodemgr/contracts';
import { freePort } from '../support/free-port.ts';
import { documentXml, NODE_ID, sliceXml } from '../support/slices-document.ts';
import { end } from './bench-processes.ts';

const PATIENCE_MS = 60_000;
const LOOK_MS = 10;
const ASK = { deadlineMs: 10_000 };
/** On the checkout's own disk: /tmp may be memory, on which an fsync costs nothing. */
const PLACE = resolve('dist/bench');

/** What is measured: the bundled apps of a checkout, and what they are called in the tables. */
export interface Build {
  readonly name: string;
  /** The folder with the bundles, dist/apps of a checkout. */
  readonly apps: string;
}

const THIS_BUILD: Build = { name: 'this build', apps: resolve('dist/apps') };

/** buildOf returns the build of another checkout, called by its folder; throws where there is none. */
export function buildOf(checkout: string): Build {
  const apps = resolve(checkout, 'dist/apps');
  if (!existsSync(join(apps, 'demo/main.cjs'))) throw new Error(`${apps} has no apps: build them`);
  return { name: `the build in ${basename(checkout)}`, apps };
}

export const sliverName = (number: number): string => `site${number % 100}_experiment${number}`;

/** benchDocument writes a document with a slice for each of `shares`: what it has of `nm_cpu_share`. */
export function benchDocument(shares: readonly number[]): string {
  const slices = shares.map((share, number) =>
    sliceXml({
      name: sliverName(number),
      id: number + 1,
      nodes: [NODE_ID, 100 + number],
      rspec: { nm_cpu_share: share, nm_net_share: share, nm_net_max_rate: 1_000_000_000 },
    }),
  );
  return documentXml(...slices);
}

/** makeFolder makes a folder on the checkout's disk, and says how to remove it. */
export function makeFolder(name: string): { folder: string; remove: () => void } {
  mkdirSync(PLACE, { recursive: true });
  const folder = mkdtempSync(join(PLACE, `${name}-`));
  chmodSync(folder, 0o755);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function operatorsAt({ operator }: Endpoints) {
  return {
    fetcher: connectCalls({ path: operator['plc-fetcher'], contract: fetcherOperatorContract }),
    db: connectCalls({ path: operator['db-service'], contract: dbOperatorContract }),
    supervisor: connectCalls({
      path: operator['account-supervisor'],
      contract: supervisorOperatorContract,
    }),
    bandwidth: connectCalls({ path: operator['bwcap-agent'], contract: bandwidthOperatorContract }),
    gateway: connectCalls({ path: operator['api-gateway'], contract: gatewayOperatorContract }),
  };
}

interface StartOptions {
  readonly build?: Build | undefined;
  readonly document?: string;
  /** More of them for the demo. */
  readonly flags?: readonly string[];
}

export class RunningNode {
  readonly endpoints: Endpoints;
  readonly #operators;
  readonly #demo: ChildProcess;

  private constructor(
    readonly build: Build,
    readonly slivers: number,
    readonly folder: string,
    readonly apiSocket: string,
    readonly apiPort: number,
    demo: ChildProcess,
  ) {
    this.#demo = demo;
    this.endpoints = endpointsBelow(dirname(apiSocket));
    this.#operators = operatorsAt(this.endpoints);
  }

  get state(): string {
    return join(this.folder, 'state');
  }

  /** start resolves when every sliver is there. PLC is asked again only when `fetch` says so. */
  static async start(
    folder: string,
    slivers: number,
    {
      document = benchDocument(new Array<number>(slivers).fill(32)),
      flags = [],
      build = THIS_BUILD,
    }: StartOptions = {},
  ): Promise<RunningNode> {
    publish(folder, document);
    const demo = spawn(
      process.execPath,
      [
        join(build.apps, 'demo/main.cjs'),
        ...['--plain', '--tcp-port', String(await freePort()), '--poll', '86400'],
        ...['--state', join(folder, 'state'), '--slices', join(folder, 'slices.xml')],
        ...flags,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const { socket, port } = await apiOf(demo);
      const node = new RunningNode(build, slivers, folder, socket, port, demo);
      await node.converged();
      return node;
    } catch (error) {
      await end(demo);
      throw error;
    }
  }

  /** publish replaces the document of the node's PLC. */
  publish(document: string): void {
    publish(this.folder, document);
  }

  /** fetch has PLC asked now; resolves with how that ended. */
  async fetch(): Promise<string> {
    return (await this.#operators.fetcher.call('fetch_now', {}, ASK)).outcome;
  }

  async revision(): Promise<number> {
    return (await this.#operators.db.call('status', {}, ASK)).detail.revision;
  }

  /** past waits until db-service has gone past a revision. */
  async past(revision: number): Promise<void> {
    await until(async () => ((await this.revision()) > revision ? true : undefined));
  }

  /** converged waits until both agents and the gateway are in line with db-service. */
  async converged(): Promise<void> {
    const { supervisor, bandwidth, gateway } = this.#operators;
    const revision = await this.revision();
    await until(async () => {
      const agents = await Promise.all([
        supervisor.call('status', {}, ASK),
        bandwidth.call('status', {}, ASK),
      ]);
      const done = agents.every(({ detail }) => (detail.converged_revision ?? -1) >= revision);
      const { detail } = await gateway.call('status', {}, ASK);
      return done && (detail.feed.revision ?? -1) >= revision ? true : undefined;
    });
  }

  /** pids returns the process ids of the five daemons, by the kernel: it knows those of any build. */
  pids(): ReadonlyMap<DaemonName, number> {
    const { pid: demo } = this.#demo;
    const children = readFileSync(`/proc/${demo}/task/${demo}/children`, 'utf8').trim().split(' ');
    const commands = children.map((pid) => [Number(pid), commandOf(Number(pid))] as const);
    return new Map(
      DAEMONS.map((name) => {
        const main = join(this.build.apps, name, 'main.cjs');
        const [pid] = commands.find(([, words]) => words.includes(main)) ?? [];
        if (pid === undefined) throw new Error(`${name} does not run`);
        return [name, pid];
      }),
    );
  }

  /** flags returns the flags of Node.js that a daemon was started with. */
  flags(daemon: DaemonName): readonly string[] {
    const words = commandOf(this.pids().get(daemon) ?? 0).slice(1);
    return words.slice(
      0,
      words.findIndex((word) => !word.startsWith('--')),
    );
  }

  /** hold keeps a daemon from running until the function that it returns is called. */
  hold(daemon: DaemonName): () => void {
    const pid = this.pids().get(daemon);
    if (pid === undefined) throw new Error(`${daemon} does not run`);
    process.kill(pid, 'SIGSTOP');
    return () => process.kill(pid, 'SIGCONT');
  }

  /** stop ends all processes; the state stays. */
  async stop(): Promise<void> {
    if (this.#demo.exitCode !== null) return;
    for (const client of Object.values<Pick<CallClient<never>, 'close'>>(this.#operators)) {
      client.close();
    }
    await end(this.#demo);
  }
}

/** The words of a process's command line. */
const commandOf = (pid: number): readonly string[] =>
  readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);

function publish(folder: string, document: string): void {
  const file = join(folder, 'slices.xml');
  writeFileSync(`${file}.new`, document);
  renameSync(`${file}.new`, file);
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await delay(LOOK_MS);
  }
  throw new Error(`the node has not come to rest in ${PATIENCE_MS} ms`);
}

/** The demo says where its API is once everything is up. */
async function apiOf(demo: ChildProcess): Promise<{ socket: string; port: number }> {
  let output = '';
  demo.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  return until(async () => {
    if (demo.exitCode !== null) throw new Error(`the node ended: ${output}`);
    const [, port, socket] = /^ready tcp \S+:(\d+) unix (\S+)$/m.exec(output) ?? [];
    return socket === undefined ? undefined : { socket, port: Number(port) };
  });
}
