/**
 * One run on machines: what they need, their disk, one that is prepared and kept, those that go on from it,
 * and their end, however the run ends.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, architectureOf } from './architecture.ts';
import { cachedBuild, cacheFolder } from './build-cache.ts';
import { buildDisk, DISK_FILES } from './build-disk.ts';
import { type DiskRecipe, diskRecipe, parseDependencies } from './disk-recipe.ts';
import type { NodeMachine } from './node-machine.ts';
import { packageSources } from './package-sources.ts';
import { makeProcessorSet, rest, wake } from './prepare-node.ts';
import type { MachineKind } from './render-qemu.ts';
import { runWell } from './run-command.ts';
import { OwnMachine } from './start-machine.ts';

export interface RunContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The package that the node is to run. */
  readonly deb: string;
  readonly network: 'isolated' | 'open';
  /** Makes a node of a machine that has booted, offline. Done once for all that goes into it. */
  readonly prepare: (own: OwnMachine, machine: NodeMachine) => Promise<void>;
  /** What is on the disk for the sake of this run, beside Debian's own and what the package wants. */
  readonly packages?: readonly string[];
  /** What `prepare` reads besides the package and the program that runs: a change makes another machine. */
  readonly inputs: readonly string[];
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

/** keyOf names a prepared machine by all that goes into it. This very program is part of that. */
function keyOf(
  { deb, inputs }: RunContext,
  kind: MachineKind,
  recipe: DiskRecipe,
  disk: string,
): string {
  const program = process.argv[1] ?? '';
  const hash = createHash('sha256').update(recipe.key).update(`\0${kind}\0`);
  // A disk that is built again is another one: what lies on top of the first does not fit it.
  hash.update(String(statSync(join(disk, DISK_FILES.disk)).mtimeMs));
  for (const file of [deb, program, ...inputs])
    hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/** A run's machines; those in `running` end with it. */
class MachineRun {
  readonly running = new Set<OwnMachine>();

  private constructor(
    private readonly context: RunContext,
    private readonly architecture: Architecture,
    private readonly recipe: DiskRecipe,
    private readonly disk: string,
  ) {}

  static async make(context: RunContext): Promise<MachineRun> {
    const { env, deb, packages = [], tell } = context;
    const architecture = architectureOf(process.arch);
    if (process.getuid?.() !== 0)
      throw new Error('a Debian disk is built by root alone: run this as root');
    const wanted = [...(await dependenciesOf(deb)), ...packages];
    const recipe = diskRecipe(architecture, wanted, await packageSources());
    const disk = await cachedBuild({
      folder: cacheFolder(env, 'node-machine'),
      key: recipe.key,
      what: 'a Debian disk',
      build: (folder) => buildDisk(folder, recipe),
      tell,
    });
    return new MachineRun(context, architecture, recipe, disk);
  }

  /** prepared returns the folder that keeps a machine as it was when its preparation had ended. */
  prepared(kind: MachineKind): Promise<string> {
    const { env, tell } = this.context;
    return cachedBuild({
      folder: cacheFolder(env, 'prepared-machine'),
      key: keyOf(this.context, kind, this.recipe, this.disk),
      what: 'a machine with a node on it',
      build: (folder) => this.#prepare(kind, folder),
      tell,
    });
  }

  /** startOne starts a machine that goes on from there, and returns it awake. */
  async startOne(kind: MachineKind): Promise<OwnMachine> {
    const { tell } = this.context;
    const kept = await this.prepared(kind);
    const own = await this.#start(kind, kept);
    await this.#with(own, wake);
    tell(`a machine goes on from there; its console: ${own.place.folder}/serial.log`);
    return own;
  }

  async end(own: OwnMachine): Promise<void> {
    await own.stop();
    this.running.delete(own);
  }

  async #start(kind: MachineKind, kept?: string): Promise<OwnMachine> {
    const { architecture, disk } = this;
    const { network } = this.context;
    const from = kept === undefined ? {} : { kept };
    const own = await OwnMachine.start({ kind, architecture, disk, network, ...from });
    this.running.add(own);
    return own;
  }

  async #prepare(kind: MachineKind, folder: string): Promise<void> {
    const { prepare, tell } = this.context;
    const own = await this.#start(kind);
    tell(`a machine boots; its console: ${own.place.folder}/serial.log`);
    await this.#with(own, async (machine) => {
      tell('booted');
      if (kind === 'with processor sets') await makeProcessorSet(machine);
      await prepare(own, machine);
      await rest(machine);
    });
    await own.keep(folder);
    await this.end(own);
    tell('its state is kept');
  }

  async #with(own: OwnMachine, use: (machine: NodeMachine) => Promise<void>): Promise<void> {
    const machine = await own.booted();
    try {
      await use(machine);
    } catch (error) {
      process.stderr.write(`${await machine.troubles()}\n`);
      throw error;
    } finally {
      await machine.close();
    }
  }
}

/** What the body of a run has: machines, one by one or side by side. */
export interface Machines {
  /** prepare sees to it that one can start at once. */
  prepare(kind?: MachineKind): Promise<void>;
  /** Each goes on, by itself, from where the preparation ended. */
  start(kind?: MachineKind): Promise<OwnMachine>;
  /** A machine that only waits takes processor time from those at work: it is better ended first. */
  end(machine: OwnMachine): Promise<void>;
  /** Tells that a signal has come. */
  readonly stopped: AbortSignal;
}

/**
 * onMachines runs `body`, and stops the machines that it has started: also when `body` fails or a signal
 * comes.
 */
export async function onMachines<T>(
  context: RunContext,
  body: (machines: Machines) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const told = () => stop.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, told);
  const run = await MachineRun.make(context);
  try {
    const stopped = new Promise<never>((_, fail) => {
      const end = () => fail(new Error('stopped by a signal'));
      if (stop.signal.aborted) end();
      else stop.signal.addEventListener('abort', end);
    });
    const done = body({
      prepare: async (kind = 'usual') => void (await run.prepared(kind)),
      start: (kind = 'usual') => run.startOne(kind),
      end: (machine) => run.end(machine),
      stopped: stop.signal,
    });
    return await Promise.race([done, stopped]);
  } finally {
    await Promise.all([...run.running].map((machine) => machine.stop()));
    for (const signal of signals) process.off(signal, told);
  }
}
