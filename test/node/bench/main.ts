/**
 * `npm run bench:node`: how fast slivers come and go on the emulated machine, with the package that was
 * built and, beside it, another one (`--before FILE.deb`) and what users could take instead (`--peers`), on
 * one machine and in one run.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printTable } from '../../bench/report.ts';
import { aDocument } from '../../support/slices-document.ts';
import { onMachines, stopwatch } from '../machine/machine-run.ts';
import { type MachinePlace, makeKey, NodeMachine } from '../machine/node-machine.ts';
import { keysOf, NodeUnderTest } from '../machine/node-under-test.ts';
import {
  ASKER,
  configure,
  DEMO_PLC,
  importImage,
  installAsker,
  installPackage,
  replacePackage,
  startPlc,
} from '../machine/prepare-node.ts';
import type { OwnMachine } from '../machine/start-machine.ts';
import { FIGURES, type Figures, measureBuild } from './measure-build.ts';
import { INCUS_PACKAGES, measurePeer, PEERS, type PeerFigures } from './peers.ts';
import { renderPlot } from './render-plot.ts';

const OUTPUT = 'dist/bench';
const SLIVERS = 20;

async function prepare(own: OwnMachine, machine: NodeMachine, deb: string): Promise<void> {
  const keys = keysOf(own.place);
  await Promise.all(Object.values(keys).map(makeKey));
  await installPackage(machine, deb);
  await installAsker(machine);
  await startPlc(machine, aDocument());
  await configure(machine, {
    delegateKeys: [readFileSync(`${keys.delegate}.pub`, 'utf8').trim()],
    // The measurement tells when.
    pollSeconds: 3600,
    keepFilesSeconds: 0,
  });
  await importImage(machine);
}

/** What the user has said: `--before FILE`, `--slivers N` and `--peers`. */
function readOptions(args: readonly string[]) {
  const said = (flag: string) => args[args.indexOf(flag) + 1 || args.length];
  const slivers = Number(said('--slivers') ?? SLIVERS);
  if (!Number.isInteger(slivers) || slivers < 4) throw new Error('--slivers takes 4 or more');
  return { before: said('--before'), slivers, peers: args.includes('--peers') };
}

/** A build of the node, or a peer, which has not all of its figures. */
type Measured = readonly [name: string, Partial<Figures>];

async function measureBuilds(
  place: MachinePlace,
  builds: readonly (readonly [string, string])[],
  slivers: number,
  tell: (line: string) => void,
): Promise<readonly Measured[]> {
  const results: Measured[] = [];
  for (const [name, file] of builds) {
    const node = new NodeUnderTest(place);
    await node.machine.open();
    try {
      tell(`${name}: ${file}`);
      await replacePackage(node.machine, file);
      results.push([name, await measureBuild(node, slivers, tell)]);
    } finally {
      await node.close();
    }
  }
  return results;
}

const toldOf = ({ comeUp, oneMore, removal }: PeerFigures): string =>
  [comeUp, oneMore, removal].map((seconds) => `${seconds.toFixed(1)} s`).join(', ');

/** The node's daemons rest meanwhile. */
async function measurePeers(
  place: MachinePlace,
  slivers: number,
  tell: (line: string) => void,
): Promise<readonly Measured[]> {
  const machine = new NodeMachine(place);
  await machine.open();
  const results: Measured[] = [];
  try {
    await machine.root(['systemctl', 'stop', 'nodemgr.target']);
    for (const [name, peer] of Object.entries(PEERS)) {
      const figures = await measurePeer(machine, peer, slivers);
      tell(`${name}: all, one more, removal: ${toldOf(figures)}`);
      results.push([name, figures]);
    }
  } finally {
    await machine.close();
  }
  return results;
}

/** report prints the table, and writes the plot. */
function report(measured: readonly Measured[], title: string): void {
  const builds = measured.map(([name]) => name);
  const valuesOf = (key: keyof Figures) =>
    measured.map(([, figures]) => figures[key] ?? Number.NaN);
  const rows = FIGURES.map(([key, what]) => [what, ...valuesOf(key)]);
  printTable(title, 'the issue of the node that is fast has them', ['', ...builds], rows);
  mkdirSync(OUTPUT, { recursive: true });
  const bars = FIGURES.map(([key, what]) => ({ title: what, values: valuesOf(key) }));
  const plot = join(OUTPUT, 'node.svg');
  writeFileSync(plot, renderPlot(title, builds, bars));
  process.stdout.write(`\nThe plot is in ${plot}.\n`);
}

/** argv: the .deb of the node, then what the user has said. */
async function main([deb = '', ...args]: readonly string[]): Promise<void> {
  const tell = stopwatch();
  const { before, slivers, peers } = readOptions(args);
  const builds = [
    ...(before === undefined ? [] : [['before', before] as const]),
    ['now', deb] as const,
  ];
  const context = {
    env: process.env,
    deb,
    network: 'isolated',
    prepare: (own: OwnMachine, machine: NodeMachine) => prepare(own, machine, deb),
    inputs: [DEMO_PLC, ASKER],
    packages: peers ? INCUS_PACKAGES : [],
    tell,
  } as const;
  const measured = await onMachines(context, async (machines) => {
    const { place } = await machines.start();
    return [
      ...(await measureBuilds(place, builds, slivers, tell)),
      ...(peers ? await measurePeers(place, slivers, tell) : []),
    ];
  });
  report(measured, `${slivers} slivers on an emulated machine`);
}

// What still waits for a machine that is gone must not keep this process.
main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench:node: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
