/** Starts everything, shows how it comes up, prints `ready`, shows what happens, and stops everything. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  apiSocketOf,
  CONFIG_FILE_NAME,
  type Config,
  checkConfig,
  DEMO_STATE_DIR,
  mergeConfig,
  overridesFromEnv,
  readToml,
} from '@nodemgr/config';
import { DAEMONS, endpointsBelow } from '@nodemgr/contracts';
import { holdLock, sleep } from '@nodemgr/daemon';
import { stringify } from 'smol-toml';
import { answers } from './call-api.ts';
import { demoDefaults, flagOverrides, ownPlc } from './demo-config.ts';
import { type DemoOptions, UsageError } from './demo-options.ts';
import { makePlaces } from './demo-places.ts';
import { DemoProcesses } from './demo-processes.ts';
import type { Ended, KeptProcess } from './kept-process.ts';
import { NodeWatcher } from './look-at-node.ts';
import { judgeReadiness, type Readiness, renderProgress } from './node-look.ts';
import { type ReadyNode, renderReady } from './render-ready.ts';
import { type Output, Screen } from './screen.ts';

export interface DemoRun {
  readonly options: DemoOptions;
  /** Folder of the bundled apps. */
  readonly apps: string;
  readonly sample: string;
  readonly output: Output;
  readonly stop: AbortSignal;
}

const LOOK_MS = 150;
const SHOW_MS = 250;
const PLC_START_MS = 10_000;
const WARN = 40;
const API_SILENT: Readiness = { ready: false, waitsFor: 'the API to answer' };

/** Reads what a flag names; throws UsageError naming both. */
function readFor(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`${flag} ${file}: ${(cause as Error).message}`, { cause });
  }
}

class Demo {
  readonly #screen: Screen;
  readonly #processes: DemoProcesses;
  #runtimeDir: string | undefined;
  #ready = false;
  #failed: string | undefined;

  constructor(
    private readonly run: DemoRun,
    private readonly stateDir: string,
  ) {
    this.#screen = new Screen(run.output, run.options.plain);
    this.#processes = new DemoProcesses({
      apps: run.apps,
      logDir: join(stateDir, 'log'),
      ended: (process, how) => this.#ended(process, how),
    });
  }

  async play(): Promise<number> {
    try {
      const config = await this.#configure();
      if (config === undefined) return this.#end();
      const { without } = this.run.options;
      for (const name of DAEMONS.filter((daemon) => !without.includes(daemon))) {
        this.#processes.launch(name, () => ['--config', join(this.stateDir, CONFIG_FILE_NAME)]);
      }
      await this.#comeUp(config);
      await this.#show();
    } finally {
      await this.#stopAll();
    }
    return this.#end();
  }

  #end(): number {
    if (this.#failed === undefined) return 0;
    this.#screen.endProgress();
    process.stderr.write(`npm start: ${this.#failed}\n`);
    return 1;
  }

  get #going(): boolean {
    return !this.run.stop.aborted && this.#failed === undefined;
  }

  /** A process that cannot start ends the demo, with its own words; later ones are started again. */
  #ended(kept: KeptProcess, { code, signal }: Ended): void {
    const { name } = kept.spec;
    if (!this.#ready && signal === null) {
      this.#failed ??= kept.lastLogLine() || `${name} ended with status ${code}`;
    } else {
      this.#screen.line(`! ${name} ended (${signal ?? `status ${code}`}); starting it again`);
    }
  }

  /** Writes the configuration that all processes run with; undefined when told to stop meanwhile. */
  async #configure(): Promise<Config | undefined> {
    const { options } = this.run;
    const file = options.config === undefined ? undefined : resolve(options.config);
    const user = mergeConfig(
      file === undefined ? {} : readToml(readFor('--config', file), file),
      overridesFromEnv(process.env),
    );
    const places = makePlaces(this.stateDir);
    const asked = mergeConfig(mergeConfig(demoDefaults(places), user), flagOverrides(options));
    const plc = ownPlc(user) ? {} : await this.#startPlc();
    if (plc === undefined) return undefined;
    const { stateDir, runtimeDir } = places;
    this.#runtimeDir = runtimeDir;
    const own = { node: { state_dir: stateDir, runtime_dir: runtimeDir }, plc };
    const tree = mergeConfig(asked, own);
    const config = checkConfig(tree, file ?? 'the demo');
    const header = '# Made by `npm start`, and made again at each start: edits are lost.\n';
    writeFileSync(join(stateDir, CONFIG_FILE_NAME), header + stringify(tree));
    return config;
  }

  async #startPlc(): Promise<{ url: string; ca_file: string } | undefined> {
    const slices = resolve(this.run.options.slices ?? this.run.sample);
    readFor('--slices', slices);
    const dir = join(this.stateDir, 'demo-plc');
    // Whatever port is free at first; the same one when it is started again.
    let port = '0';
    const plc = this.#processes.launch('demo-plc', () => [
      '--slices',
      slices,
      '--dir',
      dir,
      '--port',
      port,
    ]);
    const until = performance.now() + PLC_START_MS;
    while (this.#going && performance.now() < until) {
      const [line, rest] = plc.stdout.split('\n');
      if (line !== undefined && rest !== undefined) {
        const { url, ca_file } = JSON.parse(line) as { url: string; ca_file: string };
        port = new URL(url).port;
        this.#screen.line(`demo-plc serves ${slices} at ${url}`);
        return { url, ca_file };
      }
      await sleep(LOOK_MS, this.run.stop);
    }
    if (this.#going) this.#failed = `demo-plc has not started in ${PLC_START_MS} ms`;
    return undefined;
  }

  async #comeUp(config: Config): Promise<void> {
    const watcher = new NodeWatcher(endpointsBelow(config.node.runtime_dir));
    try {
      while (this.#going && !this.#ready) {
        const look = await watcher.look();
        const readiness = judgeReadiness(look);
        this.#showEvents(WARN);
        this.#ready = readiness.ready && (await this.#apiAnswers(config));
        const shown = readiness.ready && !this.#ready ? API_SILENT : readiness;
        this.#screen.progress(renderProgress(look, shown));
        if (!this.#ready) await sleep(LOOK_MS, this.run.stop);
      }
      this.#screen.endProgress();
      if (this.#ready && this.#going) {
        const slivers = await watcher.slivers();
        for (const line of renderReady({ ...this.#readyNode(config), slivers })) {
          this.#screen.line(line);
        }
      }
    } finally {
      watcher.close();
    }
  }

  async #apiAnswers(config: Config): Promise<boolean> {
    const port = config.api.tcp_port;
    const tcp = port === 0 ? Promise.resolve(true) : answers({ host: '127.0.0.1', port });
    const unix = answers({ socketPath: apiSocketOf(config) });
    return (await Promise.all([tcp, unix])).every(Boolean);
  }

  #readyNode(config: Config): Omit<ReadyNode, 'slivers'> {
    const { state } = this.run.options;
    return {
      tcpPort: config.api.tcp_port,
      apiSocket: apiSocketOf(config),
      stateFlag: state === DEMO_STATE_DIR ? '' : `--state ${this.stateDir}`,
    };
  }

  async #show(): Promise<void> {
    this.#processes.newEvents();
    while (this.#going) {
      this.#showEvents();
      await sleep(SHOW_MS, this.run.stop);
    }
  }

  #showEvents(minLevel?: number): void {
    for (const event of this.#processes.newEvents(minLevel)) this.#screen.line(event);
  }

  async #stopAll(): Promise<void> {
    this.#screen.endProgress();
    await this.#processes.stop();
    // Sockets that had no room in the state folder: nobody would find them again.
    const runtimeDir = this.#runtimeDir;
    if (runtimeDir !== undefined && !runtimeDir.startsWith(this.stateDir)) {
      rmSync(runtimeDir, { recursive: true, force: true });
    }
  }
}

/** runDemo plays the whole demo; returns the exit status. */
export async function runDemo(run: DemoRun): Promise<number> {
  const stateDir = resolve(run.options.state);
  makePlaces(stateDir);
  holdLock(
    join(stateDir, 'demo.lock'),
    `another demo runs in ${stateDir}; stop it or choose another --state`,
  );
  return new Demo(run, stateDir).play();
}
