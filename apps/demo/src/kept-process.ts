/**
 * One process of the demo, started again when it ends, as systemd would (Restart=always, or on-failure).
 * Its log goes to a file of its own, so that nothing it says depends on us.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { backoffMs, sleep } from '@nodemgr/daemon';
import { lastWords } from './last-words.ts';

export interface ProcessSpec {
  readonly name: string;
  /** Program and arguments, run by this Node.js; asked for at each start. */
  readonly args: () => readonly string[];
  readonly logFile: string;
  /** Whether it stays away once it has been told to stop, which is when it ends with status 0. */
  readonly mayStop: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const RESTART = { base_ms: 100, max_ms: 1000 };
/** A life longer than this was a good one: the next restart comes soon. */
const GOOD_LIFE_MS = 2000;
/** How long a process may take to stop before it is killed: as long as its unit lets it. */
const STOP_MS = 5000;
/** A log larger than this is put aside once, at start. */
const MAX_LOG_BYTES = 16 << 20;

export class KeptProcess {
  #child: ChildProcess | undefined;
  #stdout = '';
  readonly #stop = new AbortController();
  #keeping: Promise<void> | undefined;

  constructor(
    readonly spec: ProcessSpec,
    private readonly ended: (spec: ProcessSpec, how: Ended) => void,
  ) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What the process has written to its standard output in this life. */
  get stdout(): string {
    return this.#stdout;
  }

  start(): void {
    putAsideWhenLarge(this.spec.logFile);
    this.#keeping = this.#keep();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    const child = this.#child;
    child?.kill('SIGTERM');
    const cut = setTimeout(() => child?.kill('SIGKILL'), STOP_MS);
    await this.#keeping;
    clearTimeout(cut);
  }

  /** lastWords returns why it ended, as its log's last lines have it, for an error message; '' where they do not. */
  lastWords(): string {
    try {
      return lastWords(readFileSync(this.spec.logFile, 'utf8'));
    } catch {
      // It could not be opened for this process, either: whoever asks says so in other words.
      return '';
    }
  }

  async #keep(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const since = performance.now();
      const how = await this.#live();
      if (this.#stop.signal.aborted) return;
      this.ended(this.spec, how);
      if (staysAway(this.spec, how)) return;
      failures = performance.now() - since > GOOD_LIFE_MS ? 1 : failures + 1;
      await sleep(backoffMs(failures, RESTART, Math.random()), this.#stop.signal);
    }
  }

  async #live(): Promise<Ended> {
    const log = openLog(this.spec.logFile);
    const child = spawn(process.execPath, [...this.spec.args(), '--stop-on-stdin-eof'], {
      stdio: ['pipe', 'pipe', log ?? 'ignore'],
      env: this.spec.env,
      // A group of its own: Ctrl-C is for us, who stop the others in order.
      detached: true,
    });
    if (log !== undefined) closeSync(log);
    this.#child = child;
    this.#stdout = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout = (this.#stdout + chunk.toString('utf8')).slice(-4096);
    });
    child.stdin?.on('error', () => undefined);
    const [code, signal] = (await once(child, 'exit').catch(() => [null, null])) as [
      number | null,
      NodeJS.Signals | null,
    ];
    this.#child = undefined;
    return { code, signal };
  }
}

/** staysAway reports whether a process that ended so is not started again. */
export function staysAway({ mayStop }: Pick<ProcessSpec, 'mayStop'>, { code }: Ended): boolean {
  return mayStop && code === 0;
}

function putAsideWhenLarge(file: string): void {
  try {
    if (statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  } catch {
    // It is not there yet, or the disk takes no change: then it goes on growing, or is not written at all.
  }
}

/** openLog returns the log's descriptor; undefined where it cannot be written: the process runs without. */
function openLog(file: string): number | undefined {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    return openSync(file, 'a', 0o600);
  } catch {
    // Whoever is told that the process has ended looks whether its folder can be written (run-demo.ts).
    return undefined;
  }
}
