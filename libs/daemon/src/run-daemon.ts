/**
 * The frame of every daemon: arguments → configuration → log → lock → start → READY, and on SIGTERM
 * or SIGINT a clean stop in under a second. A daemon that cannot start says why in one line and
 * exits non-zero: 78 (EX_CONFIG of sysexits.h) for its configuration, 1 for anything else.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, ConfigError, findConfig, loadConfig } from '@nodemgr/config';
import { type DaemonName, type Endpoints, endpointsBelow } from '@nodemgr/contracts';
import { native } from '@nodemgr/native';
import type { Logger } from 'pino';
import { FailureBoard } from './failure-board.ts';
import { makeLogger } from './logger.ts';
import { ServiceManager } from './service-manager.ts';
import { VERSION } from './version.ts';

export interface DaemonContext {
  readonly name: DaemonName;
  readonly config: Config;
  readonly log: Logger;
  readonly endpoints: Endpoints;
  /** What fails now, for `nmctl status`. */
  readonly failures: FailureBoard;
  /** Aborts when the daemon has been told to stop. */
  readonly signal: AbortSignal;
  commonStatus(): CommonStatus;
}

/** The part of a status that all daemons share (libs/contracts, operator.ts). */
export interface CommonStatus {
  process: string;
  pid: number;
  version: string;
  started_at: number;
  failures: ReturnType<FailureBoard['list']>[number][];
}

export interface RunningDaemon {
  stop(): Promise<void>;
}

export type StartDaemon = (context: DaemonContext) => Promise<RunningDaemon>;

const EX_CONFIG = 78;
/** A stop that takes longer is cut: state is kept by transactions, not by a long goodbye. */
const STOP_MS = 900;

interface Arguments {
  readonly config: string;
  readonly stopOnStdinEof: boolean;
}

function usage(name: DaemonName): string {
  return `usage: ${name} [--config FILE] [--stop-on-stdin-eof] [--help] [--version]`;
}

function readArguments(name: DaemonName): Arguments | 'answered' {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      'stop-on-stdin-eof': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.version) {
    process.stdout.write(`${values.help ? usage(name) : VERSION}\n`);
    return 'answered';
  }
  return {
    config: findConfig({ config: values.config }),
    stopOnStdinEof: values['stop-on-stdin-eof'],
  };
}

/** Two of one daemon on one state folder would undo each other's work. */
function lockAgainstTwins(name: DaemonName, config: Config): void {
  // The API's callers pass through the runtime directory; what is in it, folders guard.
  mkdirSync(config.node.runtime_dir, { recursive: true, mode: 0o755 });
  const folder = join(config.node.runtime_dir, 'op', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'lock');
  try {
    native().lockFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') throw cause;
    throw new Error(`another ${name} runs already (it holds ${file})`, { cause });
  }
}

/** The first line of what is wrong, with the causes behind it. */
function oneLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${oneLine(error.cause)}`;
  return `${error.message}${error.message.includes(cause.slice(2)) ? '' : cause}`.replace(
    /\n/g,
    '; ',
  );
}

function makeContext(
  name: DaemonName,
  config: Config,
  log: Logger,
  stop: AbortSignal,
): DaemonContext {
  const startedAt = Date.now();
  const failures = new FailureBoard();
  return {
    name,
    config,
    log,
    endpoints: endpointsBelow(config.node.runtime_dir),
    failures,
    signal: stop,
    commonStatus: () => ({
      process: name,
      pid: process.pid,
      version: VERSION,
      started_at: startedAt,
      failures: [...failures.list()],
    }),
  };
}

/** untilToldToStop resolves with the reason to stop. */
function untilToldToStop(stopOnStdinEof: boolean): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
    if (stopOnStdinEof) {
      process.stdin
        .on('end', () => resolve('end of standard input'))
        .on('error', () => resolve('standard input broke'));
      process.stdin.resume();
    }
  });
}

async function stopInTime(running: RunningDaemon, log: Logger): Promise<void> {
  const cut = setTimeout(() => {
    log.error(`not stopped after ${STOP_MS} ms; leaving anyway`);
    process.exit(1);
  }, STOP_MS);
  try {
    await running.stop();
  } catch (error) {
    log.error({ err: error }, 'stopping failed; leaving anyway');
  }
  clearTimeout(cut);
}

async function run(name: DaemonName, start: StartDaemon, args: Arguments): Promise<void> {
  const config = loadConfig(args.config, process.env);
  const log = makeLogger(name, config.log.level);
  lockAgainstTwins(name, config);
  const crash = (error: unknown) => {
    log.fatal({ err: error }, 'a defect: this should have been handled; exiting to be restarted');
    process.exit(1);
  };
  process.on('uncaughtException', crash).on('unhandledRejection', crash);
  const toldToStop = untilToldToStop(args.stopOnStdinEof);
  const stop = new AbortController();
  const started = start(makeContext(name, config, log, stop.signal));
  const running = await Promise.race([started, toldToStop]);
  if (typeof running === 'string') {
    log.info({ reason: running }, 'told to stop while starting');
    return;
  }
  const systemd = new ServiceManager(process.env, native().notify, log);
  systemd.ready();
  log.info({ config: args.config, ready_ms: Math.round(process.uptime() * 1000) }, 'ready');
  const reason = await toldToStop;
  log.info({ reason }, 'stopping');
  systemd.stopping();
  stop.abort();
  await stopInTime(running, log);
  log.info('stopped');
}

/** runDaemon is a daemon's whole main function. */
export async function runDaemon(name: DaemonName, start: StartDaemon): Promise<void> {
  try {
    const args = readArguments(name);
    if (args !== 'answered') await run(name, start, args);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${name}: cannot start: ${oneLine(error)}\n`);
    process.exit(error instanceof ConfigError ? EX_CONFIG : 1);
  }
}
