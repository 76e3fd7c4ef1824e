/**
 * A node for the tests: real bus servers on real sockets, with canned answers, and an XML-RPC API.
 * What it serves can be replaced method by method; a daemon can be left out.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CallServer, type Handlers, serveCalls } from '@nodemgr/bus';
import {
  bandwidthOperatorContract,
  type Contract,
  dbOperatorContract,
  endpointsBelow,
  fetcherOperatorContract,
  gatewayOperatorContract,
  supervisorOperatorContract,
} from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import { epochSeconds } from '@nodemgr/records';
import { encodeFault, encodeResponse, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { pino } from 'pino';
import type { ExitCode } from '../exit-codes.ts';
import { runNmctl } from '../run-nmctl.ts';
import { makeTerminal } from '../terminal.ts';
import {
  aBandwidthStatus,
  aDbStatus,
  aDelegate,
  aFetcherStatus,
  aGatewayStatus,
  aPage,
  aSliver,
  aSupervisorStatus,
  aTraffic,
} from './builders.ts';

const log = pino({ level: 'silent' });
const NOTHING_TRIED = { tried: [] };
const NO_EVENTS = { events: [], more: false };
const NO_READINGS = { driver: 'dry-run', wanted: [], readings: [] };
const NO_USE = { driver: 'dry-run', rows: [] };
const NO_STEPS = { driver: 'dry-run', steps: [], unmet: [] };

const NOT_RESERVABLE = {
  policy: 'none' as const,
  beside_holder: 'raise' as const,
  clock_trusted: true,
  leases: [],
};

function sliverView(name: string) {
  if (name !== 'princeton_sirius') throw new Fault('bad-argument', `no such sliver: ${name}`);
  return { item: aSliver(), loans_out: [], loans_in: [], remarks: [] };
}

/** Each daemon's answers, unless a test replaces them. */
export interface Daemons {
  'plc-fetcher': Handlers<typeof fetcherOperatorContract>;
  'db-service': Handlers<typeof dbOperatorContract>;
  'account-supervisor': Handlers<typeof supervisorOperatorContract>;
  'bwcap-agent': Handlers<typeof bandwidthOperatorContract>;
  'api-gateway': Handlers<typeof gatewayOperatorContract>;
}

/** theDaemons returns handlers of a node that is well and has one sliver and one delegate. */
export function theDaemons(): Daemons {
  return {
    'plc-fetcher': {
      status: () => aFetcherStatus(),
      retry: () => NOTHING_TRIED,
      fetch_now: () => ({ outcome: 'unchanged' }),
      allow_document: () => ({}),
    },
    'db-service': {
      status: () => aDbStatus(),
      retry: () => NOTHING_TRIED,
      accounts: () => [
        { name: 'princeton_sirius', item: aSliver() },
        { name: 'del_snoop', item: aDelegate() },
      ],
      sliver: ({ name }) => sliverView(name),
      leases: () => ({ ...NOT_RESERVABLE, now: epochSeconds(Math.floor(Date.now() / 1000)) }),
      guard_allow: () => [],
      events: () => NO_EVENTS,
    },
    'account-supervisor': {
      status: () => aSupervisorStatus(),
      retry: () => NOTHING_TRIED,
      plan: () => NO_STEPS,
      forget: () => ({ outcome: 'nothing kept' }),
      observed: () => [{ name: 'princeton_sirius', state: 'running', detail: {} }],
      use_now: () => ({ driver: 'dry-run', at: 0, slivers: [] }),
      events: () => NO_EVENTS,
      readings: () => NO_READINGS,
      use_history: () => NO_USE,
    },
    'bwcap-agent': {
      status: () => aBandwidthStatus(),
      retry: () => NOTHING_TRIED,
      plan: () => NO_STEPS,
      readings: () => NO_READINGS,
      use_history: () => NO_USE,
      traffic: () => aTraffic(Date.now(), undefined),
      events: () => NO_EVENTS,
    },
    'api-gateway': { status: () => aGatewayStatus() },
  };
}

/** Answers one call of the API; throws a Fault for a fault. */
export type FakeApi = (request: string) => XmlRpcValue | Promise<XmlRpcValue>;

async function serveApi(path: string, api: FakeApi): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      Promise.resolve(Buffer.concat(chunks).toString())
        .then(api)
        .then(encodeResponse)
        .catch((fault: Fault) => encodeFault(fault.code, fault.message))
        .then((body) => response.end(body))
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** A node in a temporary folder; its configuration is at `configFile`. */
export class FakeNode {
  readonly folder = mkdtempSync(join(tmpdir(), 'nmctl-'));
  readonly configFile = join(this.folder, 'nodemgr.toml');
  /** The environment that nmctl is run with. */
  readonly env: Record<string, string> = {};
  readonly #endpoints = endpointsBelow(join(this.folder, 'run'));
  readonly #servers: CallServer[] = [];
  #api: Server | undefined;

  constructor() {
    const node = `[node]\nid = 17\nstate_dir = "${this.folder}"\nruntime_dir = "${this.folder}/run"\n`;
    writeFileSync(this.configFile, `${node}[plc]\nurl = "https://plc.example/slices.xml"\n`);
  }

  /** start serves those daemons that are given. */
  async start(daemons: Partial<Daemons>): Promise<void> {
    await this.#serve('plc-fetcher', fetcherOperatorContract, daemons['plc-fetcher']);
    await this.#serve('db-service', dbOperatorContract, daemons['db-service']);
    await this.#serve(
      'account-supervisor',
      supervisorOperatorContract,
      daemons['account-supervisor'],
    );
    await this.#serve('bwcap-agent', bandwidthOperatorContract, daemons['bwcap-agent']);
    await this.#serve('api-gateway', gatewayOperatorContract, daemons['api-gateway']);
  }

  async #serve<C extends Contract>(
    name: keyof Daemons,
    contract: C,
    handlers: Handlers<C> | undefined,
  ): Promise<void> {
    if (handlers === undefined) return;
    const path = this.#endpoints.operator[name];
    this.#servers.push(await serveCalls({ path, contract, handlers, log }));
  }

  /** leaveSocketOf leaves the socket file of a daemon that was killed. */
  async leaveSocketOf(name: keyof Daemons): Promise<void> {
    const path = this.#endpoints.operator[name];
    mkdirSync(dirname(path), { recursive: true });
    const bind = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    const child = spawn(process.execPath, ['-e', bind], { stdio: 'ignore' });
    await once(child, 'close');
  }

  /** startApi serves the API's Unix socket. */
  async startApi(api: FakeApi): Promise<void> {
    this.#api = await serveApi(join(this.folder, 'run', 'api.sock'), api);
  }

  /** run runs nmctl on this node, in this process, and returns what it wrote. */
  run(...args: readonly string[]): Promise<Ran> {
    return this.runHere('--state', this.folder, ...args);
  }

  /** runHere does the same without saying where the node is: its folder is the working directory. */
  async runHere(...args: readonly string[]): Promise<Ran> {
    let out = '';
    let err = '';
    const streams = {
      out: (text: string) => {
        out += text;
      },
      err: (text: string) => {
        err += text;
      },
    };
    const terminal = makeTerminal(streams, aPage());
    const code = await runNmctl(args, terminal, this.env, this.folder);
    return { code, out, err };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
    this.#api?.closeAllConnections();
    this.#api?.close();
    rmSync(this.folder, { recursive: true });
  }
}
