/** One run on a machine: what it needs, its disk, the machine itself, and its end, however the run ends. */

import { architectureOf } from './architecture.ts';
import { cachedBuild, cacheFolder } from './build-cache.ts';
import { buildDisk } from './build-disk.ts';
import { diskRecipe, parseDependencies } from './disk-recipe.ts';
import { packageSources } from './package-sources.ts';
import { runWell } from './run-command.ts';
import { OwnMachine } from './start-machine.ts';

export interface RunContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The package that the node is to run. */
  readonly deb: string;
  readonly network: 'isolated' | 'open';
  readonly tell: (line: string) => void;
}

/** stopwatch returns a `tell` that puts the seconds since its making before each line. */
export function stopwatch(): (line: string) => void {
  const start = performance.now();
  return (line) => {
    const seconds = ((performance.now() - start) / 1000).toFixed(0).padStart(4);
    process.stdout.write(`${seconds} s  ${line}\n`);
  };
}

/** dependenciesOf returns the packages that a .deb wants beside it. */
async function dependenciesOf(deb: string): Promise<readonly string[]> {
  const fields = ['Pre-Depends', 'Depends', 'Recommends'];
  const control = await runWell(['dpkg-deb', '--field', deb, ...fields]);
  return control
    .replaceAll(/\n\s+/g, ' ')
    .split('\n')
    .flatMap((line) => parseDependencies(line.slice(line.indexOf(':') + 1)));
}

async function startMachine({ env, deb, network, tell }: RunContext): Promise<OwnMachine> {
  const architecture = architectureOf(process.arch);
  if (process.getuid?.() !== 0)
    throw new Error('a Debian disk is built by root alone: run this as root');
  const recipe = diskRecipe(architecture, await dependenciesOf(deb), await packageSources());
  const disk = await cachedBuild({
    folder: cacheFolder(env, 'node-machine'),
    key: recipe.key,
    what: 'a Debian disk',
    build: (folder) => buildDisk(folder, recipe),
    tell,
  });
  const machine = await OwnMachine.start({ architecture, disk, network });
  tell(`a machine boots; its console: ${machine.place.folder}/serial.log`);
  return machine;
}

/**
 * onMachine starts a machine, runs `body` with it, and stops it: also when `body` fails or a signal comes,
 * which `stopped` tells.
 */
export async function onMachine<T>(
  context: RunContext,
  body: (machine: OwnMachine, stopped: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const told = () => stop.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, told);
  const machine = await startMachine(context);
  try {
    const stopped = new Promise<never>((_, fail) => {
      const end = () => fail(new Error('stopped by a signal'));
      if (stop.signal.aborted) end();
      else stop.signal.addEventListener('abort', end);
    });
    return await Promise.race([body(machine, stop.signal), stopped]);
  } finally {
    await machine.stop();
    for (const signal of signals) process.off(signal, told);
  }
}
