/** GetRSpec through the real gateway, beside a bare node:http server that answers the same bytes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeCall } from '@nodemgr/xml-rpc';
import { type LoadGenerator, startBareServer } from './bench-processes.ts';
import { cpuMs } from './process-figures.ts';
import { printTable } from './report.ts';
import { type RunningNode, sliverName } from './running-node.ts';
import { median } from './statistics.ts';

const ROUNDS = 9;
/** Connections, and the calls of a round over them. */
const LOADS = [
  { connections: 1, calls: 2000 },
  { connections: 16, calls: 4000 },
];

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
  readonly socket: string;
  readonly bodies: readonly string[];
}

async function serverOf(node: RunningNode): Promise<Server> {
  const { slivers, apiSocket: socket } = node;
  const pid = (await node.pids()).get('api-gateway') ?? 0;
  const bodies = Array.from({ length: slivers }, (_, sliver) => bodyFor(sliver));
  return { name: `api-gateway, ${slivers} slivers`, pid, socket, bodies };
}

async function oneRound(
  { pid, socket, bodies }: Server,
  { connections, calls }: (typeof LOADS)[number],
  load: LoadGenerator,
): Promise<Round> {
  const before = cpuMs(pid);
  const warmUp = bodyFor(0);
  const { elapsedMs, ...rest } = await load.run({ socket, bodies, connections, calls, warmUp });
  const cpuUs = ((cpuMs(pid) - before) * 1000) / calls;
  return { rate: (calls * 1000) / elapsedMs, cpuUs, ...rest };
}

/** In turn, so that whatever slows the machine down slows all of them down. The first is the peer. */
async function measure(
  servers: readonly Server[],
  sizes: (typeof LOADS)[number],
  load: LoadGenerator,
) {
  const rounds = servers.map((): Round[] => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [place, server] of servers.entries()) {
      const figures = await oneRound(server, sizes, load);
      // The first round is for the compilers.
      if (round > 0) rounds[place]?.push(figures);
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

/** measureReads prints what a read costs; `folder` is for the bare server's socket and bytes. */
export async function measureReads(
  folder: string,
  nodes: readonly RunningNode[],
  load: LoadGenerator,
): Promise<void> {
  const gateways = await Promise.all(nodes.map(serverOf));
  const [first] = gateways;
  if (first === undefined) return;
  const body = bodyFor(0);
  const { socket: ours } = first;
  const one = { socket: ours, bodies: [body], connections: 1, calls: 1, warmUp: body };
  const { answer } = await load.run(one);
  const answerFile = join(folder, 'answer.xml');
  writeFileSync(answerFile, answer);
  const socket = join(folder, 'bare.sock');
  const bare = await startBareServer(socket, answerFile);
  const peer = { name: 'bare node:http', pid: bare.pid, socket, bodies: [body] };
  const rows = [];
  for (const sizes of LOADS) rows.push(...(await measure([peer, ...gateways], sizes, load)));
  await bare.stop();
  printTable(
    `GetRSpec, ${Buffer.byteLength(answer)} bytes, keep-alive on api.sock; medians of ${ROUNDS} rounds`,
    'half of the bare server at least; a call costs no more with 1000 slivers than with 10',
    ['', 'calls/s', 'p50 ms', 'p99 ms', 'CPU us/call', 'x bare'],
    rows,
  );
}
