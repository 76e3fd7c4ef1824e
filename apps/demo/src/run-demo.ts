/** Starts everything, shows how it comes up, prints `ready`, shows what happens, and stops everything. */
import { chmodSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { quoteWord } from '@nodemgr/agent';
import {
  apiSocketOf,
  CONFIG_FILE_NAME,
  type Config,
  checkConfig,
  DEMO_STATE_DIR,
  MAX_CONFIG_BYTES,
  mergeConfig,
  overridesFromEnv,
  readBoundedFile,
  readToml,
} from '@nodemgr/config';
import { DAEMONS, endpointsBelow } from '@nodemgr/contracts';
import { holdLock, sleep } from '@nodemgr/daemon';
import { stringify } from 'smol-toml';
import { answers } from './call-api.ts';
import { demoDefaults, flagOverrides, ownPlc } from './demo-config.ts';
import { type DemoOptions, UsageError } from './demo-options.ts';
import { makePlaces, whyNotWritable } from './demo-places.ts';
import { DemoProcesses } from './demo-processes.ts';
import { type Ended, type KeptProcess, staysAway } from './kept-process.ts';
import { NodeWatcher } from './look-at-node.ts';
import { judgeReadiness, type Readiness, renderProgress } from './node-look.ts';
import { type ReadyNode, renderReady } from './render-ready.ts';
import { type Output, Screen } from './screen.ts';
import { NO_PLC, PLC_START_MS, type PlcConfig, startPlc } from './start-plc.ts';

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
const WARN = 40;
const API_SILENT: Readiness = { ready: false, waitsFor: 'the API to answer' };

/** As demo-plc serves. */
const MAX_SLICES_BYTES = 1 << 30;

/** Reads what a flag names; throws UsageError naming both. */
function readFor(flag: string, file: string, maxBytes: number): string {
  try {
    return readBoundedFile(file, { maxBytes }).toString('utf8');
  } catch (cause) {
    throw new UsageError(`${flag} ${file}: ${(cause as Error).message}`, { cause });
  }
}

/** Node.js names no file where there is no room for what is written. */
function writeConfig(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o644 });
    // One that was there before may be everybody's to write.
    chmodSync(file, statSync(file).mode & 0o755);
  } catch (cause) {
    throw new Error(`cannot write ${file}: ${(cause as Error).message}`, { cause });
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
  #ended(kept: KeptProcess, how: Ended): void {
    const { name } = kept.spec;
    const { code, signal } = how;
    // Then its own words are not in its log, either.
    const unwritable = whyNotWritable(this.stateDir);
    if (staysAway(kept.spec, how)) {
      this.#screen.line(`! ${name} was told to stop; the node goes on without it`);
    } else if (!this.#ready && signal === null) {
      const why = unwritable ?? kept.lastWords();
      const ended = `${name} ended with status ${code}${why === '' ? '' : `: ${why}`}`;
      this.#failed ??= why.startsWith(`${name}: `) ? why : ended;
    } else {
      const why = unwritable === undefined ? '' : `; ${unwritable}`;
      this.#screen.line(`! ${name} ended (${signal ?? `status ${code}`}); starting it again${why}`);
    }
  }

  /** Writes the configuration that all processes run with; undefined when told to stop meanwhile. */
  async #configure(): Promise<Config | undefined> {
    const { options } = this.run;
    const file = options.config === undefined ? undefined : resolve(options.config);
    const user = mergeConfig(
      file === undefined ? {} : readToml(readFor('--config', file, MAX_CONFIG_BYTES), file),
      overridesFromEnv(process.env),
    );
    const places = makePlaces(this.stateDir);
    const plc = ownPlc(user) ? NO_PLC : await this.#startPlc();
    if (plc === undefined) return undefined;
    const defaults = mergeConfig(demoDefaults(places), { tickets: plc.tickets });
    const asked = mergeConfig(mergeConfig(defaults, user), flagOverrides(options));
    const { stateDir, runtimeDir } = places;
    this.#runtimeDir = runtimeDir;
    const own = { node: { state_dir: stateDir, runtime_dir: runtimeDir }, plc: plc.plc };
    const tree = mergeConfig(asked, own);
    const config = checkConfig(tree, file ?? 'the demo');
    const header = '# Made by `npm start`, and made again at each start: edits are lost.\n';
    writeConfig(join(stateDir, CONFIG_FILE_NAME), header + stringify(tree));
    return config;
  }

  async #startPlc(): Promise<PlcConfig | undefined> {
    const slices = resolve(this.run.options.slices ?? this.run.sample);
    readFor('--slices', slices, MAX_SLICES_BYTES);
    const config = await startPlc({
      processes: this.#processes,
      stateDir: this.stateDir,
      slices,
      kind: this.run.options.plcKind,
      faults: this.run.options.plcFaults,
      going: () => this.#going,
      stop: this.run.stop,
    });
    if (config !== undefined) {
      this.#screen.line(`demo-plc serves ${slices} at ${config.plc['url']}`);
    } else if (this.#going) this.#failed = `demo-plc has not started in ${PLC_START_MS} ms`;
    return config;
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
      stateFlag: state === DEMO_STATE_DIR ? '' : `--state ${quoteWord(this.stateDir)}`,
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
