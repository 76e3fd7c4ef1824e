/** How soon each daemon is ready and how large it is, beside a Node.js that does nothing. */
import { join, resolve } from 'node:path';
import { DAEMONS, type DaemonName } from '@nodemgr/contracts';
import { nodeFlagsOf } from '@nodemgr/daemon';
import { type Started, startBareNode, startUntil } from './bench-processes.ts';
import { type Resident, residentKiB } from './process-figures.ts';
import { printTable } from './report.ts';
import type { RunningNode } from './running-node.ts';
import { median } from './statistics.ts';

const ROUNDS = 5;
const BARE = 'bare node';
const MIB = 1024;

/** Memory of each daemon and of a bare Node.js. */
export type Sizes = ReadonlyMap<DaemonName | typeof BARE, Resident>;

const NONE: Resident = { all: Number.NaN, own: Number.NaN };

/** measureSizes returns what is resident of a running node's daemons. */
export async function measureSizes(node: RunningNode): Promise<Sizes> {
  const bare = await startBareNode();
  const sizes = [[BARE, residentKiB(bare.pid)] as const];
  await bare.stop();
  const daemons = [...(await node.pids())].map(([name, pid]) => [name, residentKiB(pid)] as const);
  return new Map([...sizes, ...daemons]);
}

/** Alone, on the state that the node has left: a daemon is ready before those that it talks to are. */
function startDaemon(name: DaemonName, { state }: RunningNode): Promise<Started> {
  const main = resolve('dist/apps', name, 'main.cjs');
  const args = [...nodeFlagsOf(name), main, '--config', join(state, 'nodemgr.toml')];
  return startUntil('"msg":"ready"', args);
}

/** measureDaemons prints start-up times on the state of a node that has been stopped, and `sizes`. */
export async function measureDaemons(stopped: RunningNode, sizes: Sizes): Promise<void> {
  const starts = new Map<DaemonName | typeof BARE, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of [BARE, ...DAEMONS] as const) {
      const started = name === BARE ? await startBareNode() : await startDaemon(name, stopped);
      await started.stop();
      starts.set(name, [...(starts.get(name) ?? []), started.readyMs]);
    }
  }
  const bareMs = median(starts.get(BARE) ?? []);
  const bare = sizes.get(BARE) ?? NONE;
  const rows = [...starts].map(([name, ms]) => {
    const { all, own } = sizes.get(name) ?? NONE;
    const size = [Math.round(all / MIB), all / bare.all, Math.round(own / MIB)];
    return [name, Math.round(median(ms)), median(ms) / bareMs, ...size];
  });
  printTable(
    `Each daemon with ${stopped.slivers} slivers: ready (median of ${ROUNDS} starts), resident when idle`,
    'ready in under 300 ms; no larger than a Node process must be',
    ['', 'ready ms', 'x bare', 'VmRSS MiB', 'x bare', 'its own MiB'],
    rows,
  );
}
