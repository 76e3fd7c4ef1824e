/**
 * `npm run test:node`: machines with the package installed on them, and the tests of test/node on them, some
 * on each. Names of files choose some, and --all all of them; --long has the cycles run a thousand times;
 * --prepare makes the first machine ready, and tests nothing: the next run goes on from there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { aDocument } from '../../support/slices-document.ts';
import { ALL_LANES, fileOf, kindFor, LANES } from '../lanes.ts';
import { onMachines, stopwatch } from './machine-run.ts';
import { filesOf, type MachinePlace, makeKey, type NodeMachine } from './node-machine.ts';
import { keysOf } from './node-under-test.ts';
import {
  ASKER,
  configure,
  DEMO_PLC,
  importImage,
  installAsker,
  installPackage,
  startPlc,
} from './prepare-node.ts';
import type { MachineKind } from './render-qemu.ts';
import { takeSnapshot } from './snapshot.ts';
import type { OwnMachine } from './start-machine.ts';

const VITEST = 'node_modules/.bin/vitest';
const CONFIG = 'test/node/vitest.config.mjs';

async function prepare(own: OwnMachine, machine: NodeMachine, deb: string): Promise<void> {
  const keys = keysOf(own.place);
  await Promise.all(Object.values(keys).map(makeKey));
  const before = await takeSnapshot(machine);
  writeFileSync(filesOf(own.place).beforeInstall, JSON.stringify(before));
  await installPackage(machine, deb);
  await installAsker(machine);
  await startPlc(machine, aDocument());
  await configure(machine, {
    delegateKeys: [readFileSync(`${keys.delegate}.pub`, 'utf8').trim()],
    // Tests say when.
    pollSeconds: 3600,
    keepFilesSeconds: 3600,
  });
  await importImage(machine);
}

/** The chosen tests of one machine. */
interface Lane {
  readonly kind: MachineKind;
  /** Paths. */
  readonly files: readonly string[];
}

/** chosenLanes returns the lanes with what is left of them; no names choose those of CI, or all of `all`. */
function chosenLanes(names: readonly string[], all: boolean): readonly Lane[] {
  const isChosen = (file: string) =>
    names.length === 0 || names.some((name) => file.includes(name));
  const from: typeof ALL_LANES = all || names.length > 0 ? ALL_LANES : LANES;
  const lanes = from.map((lane) => ({
    kind: kindFor(lane),
    files: lane.map(fileOf).filter(isChosen),
  }));
  const chosen = lanes.filter(({ files }) => files.length > 0);
  if (chosen.length === 0)
    throw new Error(`no test of test/node is called like ${names.join(', ')}`);
  return chosen;
}

interface TestRun {
  readonly deb: string;
  readonly signerDeb: string;
  readonly long: boolean;
  readonly stopped: AbortSignal;
  readonly tell: (line: string) => void;
}

interface Result {
  readonly testResults: readonly {
    readonly name: string;
    readonly startTime: number;
    readonly endTime: number;
  }[];
}

/** Tells how long each file took, so that the lanes can be made equally long. */
function tellTimes(resultFile: string, tell: TestRun['tell']): void {
  const { testResults } = JSON.parse(readFileSync(resultFile, 'utf8')) as Result;
  for (const { name, startTime, endTime } of testResults) {
    tell(`${((endTime - startTime) / 1000).toFixed(0).padStart(5)} s in ${basename(name)}`);
  }
}

async function runLane(
  place: MachinePlace,
  { files }: Lane,
  resultFile: string,
  run: TestRun,
): Promise<number> {
  const { deb, signerDeb, long, stopped, tell } = run;
  const args = ['run', '--config', CONFIG, '--reporter=verbose', '--reporter=json'];
  const vitest = spawn(VITEST, [...args, `--outputFile.json=${resultFile}`, ...files], {
    stdio: 'inherit',
    env: { ...process.env, NODE_MACHINE: JSON.stringify({ place, deb, signerDeb, long }) },
  });
  stopped.addEventListener('abort', () => vitest.kill('SIGTERM'));
  const [code] = await once(vitest, 'exit');
  if (existsSync(resultFile)) tellTimes(resultFile, tell);
  return typeof code === 'number' ? code : 1;
}

/** argv: the .deb of the node, that of the ticket signer, the folder for results, then what the user has said. */
async function main([
  deb = '',
  signerDeb = '',
  results = '',
  ...args
]: readonly string[]): Promise<number> {
  mkdirSync(results, { recursive: true });
  const tell = stopwatch();
  const long = args.includes('--long');
  const names = args.filter((arg) => !arg.startsWith('--'));
  const lanes = chosenLanes(names, args.includes('--all'));
  const context = {
    env: process.env,
    deb,
    network: 'isolated',
    prepare: (own: OwnMachine, machine: NodeMachine) => prepare(own, machine, deb),
    inputs: [DEMO_PLC, ASKER],
    tell,
  } as const;
  return onMachines(context, async (machines) => {
    if (args.includes('--prepare')) {
      await machines.prepare(lanes[0]?.kind);
      return 0;
    }
    // One after the other: of two emulated machines on two processors each waits for the other.
    const codes: number[] = [];
    for (const [index, lane] of lanes.entries()) {
      const machine = await machines.start(lane.kind);
      const resultFile = `${results}/machine-${index + 1}.json`;
      const run = { deb, signerDeb, long, stopped: machines.stopped, tell };
      codes.push(await runLane(machine.place, lane, resultFile, run));
      await machines.end(machine);
    }
    tell('done');
    return Math.max(...codes);
  });
}

// What still waits for a machine that is gone must not keep this process.
main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`test:node: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
