/**
 * GetRSpec through the real gateway, beside a bare node:http server that answers the same bytes and
 * Python's SimpleXMLRPCServer that answers the same struct.
 */
import { writeFileSync } from 'node:fs';
import type { NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { encodeCall } from '@nodemgr/xml-rpc';
import {
  type LoadGenerator,
  type Peer,
  startBareServer,
  startPythonServer,
} from './bench-processes.ts';
import { cpuMs } from './process-figures.ts';
import { printTable } from './report.ts';
import { type RunningNode, sliverName } from './running-node.ts';
import { median } from './statistics.ts';

const ROUNDS = 7;

/** Connections, and the calls of a round over them. */
interface Sizes {
  readonly connections: number;
  readonly calls: number;
}
const KEPT_ALIVE: readonly Sizes[] = [
  { connections: 1, calls: 4000 },
  { connections: 16, calls: 8000 },
  { connections: 256, calls: 8000 },
];
/** SimpleXMLRPCServer serves one connection at a time, so its clients bring a new one for each call. */
const FRESH: readonly Sizes[] = [
  { connections: 1, calls: 500 },
  { connections: 16, calls: 1000 },
  { connections: 256, calls: 1000 },
];

/** Calls before the first round, for the compilers: a gateway that runs for months has had them. */
const warmUpOf = (fresh: boolean): Sizes => ({ connections: 16, calls: fresh ? 1000 : 20_000 });

const bodyFor = (sliver: number): string => encodeCall('GetRSpec', [sliverName(sliver)]);

interface Round {
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the server for one call (microseconds): does not depend on who else is busy. */
  readonly cpuUs: number;
}

interface Server {
  readonly name: string;
  readonly pid: number;
  readonly at: NetConnectOpts;
  readonly bodies: readonly string[];
}

function gatewayOf(node: RunningNode, atOf: (node: RunningNode) => NetConnectOpts): Server {
  const { slivers, build } = node;
  const pid = node.pids().get('api-gateway') ?? 0;
  const bodies = Array.from({ length: slivers }, (_, sliver) => bodyFor(sliver));
  return { name: `api-gateway, ${slivers} slivers, ${build.name}`, pid, at: atOf(node), bodies };
}

const serverOf = (name: string, { pid, at }: Peer): Server => ({
  name,
  pid,
  at,
  bodies: [bodyFor(0)],
});

async function oneRound(
  { pid, at, bodies }: Server,
  { connections, calls }: Sizes,
  fresh: boolean,
  load: LoadGenerator,
): Promise<Round> {
  const before = cpuMs(pid);
  const warmUp = bodyFor(0);
  const asked = { server: at, bodies, connections, fresh, calls, warmUp };
  const { elapsedMs, p50Ms, p99Ms } = await load.run(asked);
  const cpuUs = ((cpuMs(pid) - before) * 1000) / calls;
  return { rate: (calls * 1000) / elapsedMs, cpuUs, p50Ms, p99Ms };
}

/** In turn, so that whatever slows the machine down slows all of them down. The first is the peer. */
async function measure(
  servers: readonly Server[],
  sizes: Sizes,
  fresh: boolean,
  load: LoadGenerator,
) {
  const rounds = servers.map((): Round[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [place, server] of servers.entries()) {
      rounds[place]?.push(await oneRound(server, sizes, fresh, load));
    }
  }
  const [peer = []] = rounds;
  const { connections } = sizes;
  return servers.map(({ name }, place) => {
    const ours = rounds[place] ?? [];
    const ratios = ours.map(({ rate }, round) => rate / (peer[round]?.rate ?? Number.NaN));
    return [
      `${name}, ${connections} connection${connections === 1 ? '' : 's'}`,
      Math.round(median(ours.map(({ rate }) => rate))),
      median(ours.map(({ p50Ms }) => p50Ms)),
      median(ours.map(({ p99Ms }) => p99Ms)),
      median(ours.map(({ cpuUs }) => cpuUs)),
      median(ratios),
    ];
  });
}

interface Comparison {
  readonly title: string;
  readonly budget: string;
  /** What stands for the first of `servers` over the column of ratios. */
  readonly peer: string;
  readonly servers: readonly Server[];
  readonly fresh: boolean;
}

async function printMeasured(
  { title, budget, peer, servers, fresh }: Comparison,
  load: LoadGenerator,
): Promise<void> {
  const rows = [];
  for (const server of servers) await oneRound(server, warmUpOf(fresh), fresh, load);
  for (const sizes of fresh ? FRESH : KEPT_ALIVE) {
    rows.push(...(await measure(servers, sizes, fresh, load)));
  }
  printTable(
    `${title}; medians of ${ROUNDS} rounds`,
    `${budget}; a call costs no more with 1000 slivers than with 10`,
    ['', 'calls/s', 'p50 ms', 'p99 ms', 'CPU us/call', `x ${peer}`],
    rows,
  );
}

/** keepAnswer writes the answer to a file, for the peers to give. */
async function keepAnswer(folder: string, server: NetConnectOpts, load: LoadGenerator) {
  const body = bodyFor(0);
  const one = { server, bodies: [body], connections: 1, fresh: false, calls: 1, warmUp: body };
  const { answer } = await load.run(one);
  const file = join(folder, 'answer.xml');
  writeFileSync(file, answer);
  return { file, bytes: Buffer.byteLength(answer) };
}

/** measureReads prints what a read costs; `folder` is for the bare server's socket and bytes. */
export async function measureReads(
  folder: string,
  nodes: readonly RunningNode[],
  load: LoadGenerator,
): Promise<void> {
  const onUnix = ({ apiSocket }: RunningNode) => ({ path: apiSocket });
  const onTcp = ({ apiPort }: RunningNode) => ({ host: '127.0.0.1', port: apiPort });
  const unix = nodes.map((node) => gatewayOf(node, onUnix));
  const tcp = nodes.map((node) => gatewayOf(node, onTcp));
  const [first] = unix;
  if (first === undefined) return;
  const { file, bytes } = await keepAnswer(folder, first.at, load);
  const peers: Peer[] = [];
  const started = async (starting: Promise<Peer>) => {
    const peer = await starting;
    peers.push(peer);
    return peer;
  };
  try {
    const bareUnix = await started(startBareServer(join(folder, 'bare.sock'), file));
    const bareTcp = await started(startBareServer('0', file));
    const python = await started(startPythonServer(file));
    const kept = {
      title: `GetRSpec, ${bytes} bytes, keep-alive on api.sock`,
      budget: '0.65 of the bare server',
      peer: 'bare',
      servers: [serverOf('bare node:http', bareUnix), ...unix],
      fresh: false,
    };
    const each = {
      title: 'The same on 127.0.0.1, a connection for each call',
      budget: "1.2 times Python's server",
      peer: 'Python',
      servers: [
        serverOf("Python's SimpleXMLRPCServer", python),
        serverOf('bare node:http', bareTcp),
        ...tcp,
      ],
      fresh: true,
    };
    for (const comparison of [kept, each]) await printMeasured(comparison, load);
  } finally {
    for (const peer of peers) await peer.stop();
  }
}
