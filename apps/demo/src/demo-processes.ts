/** The processes of a demo, kept running together, and what their logs say. It decides nothing about them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFlagsOf } from '@nodemgr/daemon';
import { withoutOverrides } from './demo-config.ts';
import { describeEvent } from './describe-event.ts';
import { type Ended, KeptProcess } from './kept-process.ts';
import { LogTail } from './log-tail.ts';

export interface DemoProcessesOptions {
  /** Folder of the bundled apps. */
  readonly apps: string;
  readonly logDir: string;
  /** Told whenever a process has ended by itself; it is started again unless it may stop and did. */
  readonly ended: (process: KeptProcess, how: Ended) => void;
}

export class DemoProcesses {
  readonly #kept: KeptProcess[] = [];
  readonly #tails: LogTail[] = [];

  constructor(private readonly options: DemoProcessesOptions) {
    mkdirSync(options.logDir, { recursive: true, mode: 0o755 });
  }

  /** launch starts an app; `args` is asked for at each of its starts. One that `mayStop` is not held to run. */
  launch(name: string, args: () => readonly string[], mayStop = false): KeptProcess {
    const { apps, logDir, ended } = this.options;
    const logFile = join(logDir, `${name}.log`);
    const main = join(apps, name, 'main.cjs');
    const env = withoutOverrides(process.env);
    const spec = {
      name,
      args: () => [...nodeFlagsOf(name), main, ...args()],
      logFile,
      mayStop,
      env,
    };
    const kept = new KeptProcess(spec, (_, how) => ended(kept, how));
    this.#tails.push(new LogTail(logFile));
    this.#kept.push(kept);
    kept.start();
    return kept;
  }

  /** newEvents returns what the logs have said since the last look, as lines for people. */
  newEvents(minLevel?: number): readonly string[] {
    return this.#tails
      .flatMap((tail) => tail.newLines())
      .map((line) => describeEvent(line, minLevel))
      .filter((event) => event !== undefined);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#kept.map((kept) => kept.stop()));
  }
}
