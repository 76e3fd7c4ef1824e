/** How soon each daemon is ready and how large it is, beside a Node.js that does nothing. */
import { join } from 'node:path';
import { DAEMONS } from '@nodemgr/contracts';
import { type Started, startBareNode, startUntil } from './bench-processes.ts';
import { type Resident, residentKiB } from './process-figures.ts';
import { printTable } from './report.ts';
import type { RunningNode } from './running-node.ts';
import { median } from './statistics.ts';

const ROUNDS = 5;
const BARE = 'bare node';
const MIB = 1024;

/** A daemon of one build, or the bare Node.js: how it is started alone, and what of it is resident. */
interface Measured {
  readonly name: string;
  readonly start: () => Promise<Started>;
  readonly size: Resident;
  readonly readyMs: number[];
}

/** The daemons of a node, which may have been stopped since. */
export interface NodeSizes {
  readonly slivers: number;
  readonly measured: readonly Measured[];
}

async function measureBare(): Promise<Measured> {
  const bare = await startBareNode();
  const size = residentKiB(bare.pid);
  await bare.stop();
  return { name: BARE, start: startBareNode, size, readyMs: [] };
}

/** measureSizes returns what is resident of a running node's daemons, and how to start each alone later. */
export async function measureSizes(node: RunningNode): Promise<NodeSizes> {
  const { slivers, build, state } = node;
  const pids = node.pids();
  const measured = [];
  for (const daemon of DAEMONS) {
    const main = join(build.apps, daemon, 'main.cjs');
    const args = [...node.flags(daemon), main, '--config', join(state, 'nodemgr.toml')];
    measured.push({
      name: `${daemon}, ${build.name}`,
      // On the state that the node has left: a daemon is ready before those that it talks to are.
      start: () => startUntil('"msg":"ready"', args),
      size: residentKiB(pids.get(daemon) ?? 0),
      readyMs: [],
    });
  }
  return { slivers, measured };
}

/** measureDaemons prints start-up times on the states of nodes that have been stopped, and their daemons' sizes. */
export async function measureDaemons(nodes: readonly NodeSizes[]): Promise<void> {
  const bare = await measureBare();
  // Builds beside each other, round by round.
  const all = [
    bare,
    ...DAEMONS.flatMap((_, at) => nodes.flatMap(({ measured }) => measured[at] ?? [])),
  ];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { start, readyMs } of all) {
      const started = await start();
      await started.stop();
      readyMs.push(started.readyMs);
    }
  }
  const bareMs = median(bare.readyMs);
  const rows = all.map(({ name, readyMs, size }) => {
    const ms = median(readyMs);
    const own = size.own / MIB;
    return [
      name,
      Math.round(ms),
      ms / bareMs,
      Math.round(size.all / MIB),
      size.all / bare.size.all,
      own,
    ];
  });
  printTable(
    `Each daemon with ${nodes[0]?.slivers} slivers: ready (median of ${ROUNDS} starts), resident when idle`,
    'ready in under 300 ms, account-supervisor in 150; 25 MiB of its own',
    ['', 'ready ms', 'x bare', 'VmRSS MiB', 'x bare', 'its own MiB'],
    rows,
  );
}
