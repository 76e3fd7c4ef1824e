/**
 * `npm run test:node`: one machine, the package installed on it, and the tests of test/node in their
 * order. Names of files choose some; --long has the cycles run a thousand times.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { aDocument } from '../../support/slices-document.ts';
import { onMachine, stopwatch } from './machine-run.ts';
import { filesOf, type MachinePlace, makeKey } from './node-machine.ts';
import { keysOf } from './node-under-test.ts';
import { configure, importImage, installAsker, installPackage, startPlc } from './prepare-node.ts';
import { takeSnapshot } from './snapshot.ts';
import type { OwnMachine } from './start-machine.ts';

const VITEST = 'node_modules/.bin/vitest';
const CONFIG = 'test/node/vitest.config.mjs';

async function prepare(own: OwnMachine, deb: string, tell: (line: string) => void): Promise<void> {
  const keys = keysOf(own.place);
  await Promise.all(Object.values(keys).map(makeKey));
  const machine = await own.booted();
  try {
    tell('booted');
    const before = await takeSnapshot(machine);
    writeFileSync(filesOf(own.place).beforeInstall, JSON.stringify(before));
    await installPackage(machine, deb);
    tell(`installed ${deb}`);
    await installAsker(machine);
    await startPlc(machine, aDocument());
    await configure(machine, {
      delegateKeys: [readFileSync(`${keys.delegate}.pub`, 'utf8').trim()],
      // Tests say when.
      pollSeconds: 3600,
      keepFilesSeconds: 3600,
    });
    tell('configured');
    await importImage(machine);
    tell('imported the default image');
  } catch (error) {
    process.stderr.write(`${await machine.troubles()}\n`);
    throw error;
  } finally {
    await machine.close();
  }
}

interface TestRun {
  readonly place: MachinePlace;
  readonly deb: string;
  readonly signerDeb: string;
  readonly results: string;
  readonly args: readonly string[];
}

async function runTests(run: TestRun, stopped: AbortSignal): Promise<number> {
  const { place, deb, signerDeb, results, args } = run;
  const long = args.includes('--long');
  const filters = args.filter((arg) => arg !== '--long');
  const vitest = spawn(
    VITEST,
    [
      ...['run', '--config', CONFIG, '--reporter=verbose', '--reporter=json'],
      `--outputFile.json=${results}/node.json`,
      ...filters,
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, NODE_MACHINE: JSON.stringify({ place, deb, signerDeb, long }) },
    },
  );
  stopped.addEventListener('abort', () => vitest.kill('SIGTERM'));
  const [code] = await once(vitest, 'exit');
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
  const { env } = process;
  return onMachine({ env, deb, network: 'isolated', tell }, async (own, stopped) => {
    await prepare(own, deb, tell);
    const code = await runTests({ place: own.place, deb, signerDeb, results, args }, stopped);
    tell('done');
    return code;
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
