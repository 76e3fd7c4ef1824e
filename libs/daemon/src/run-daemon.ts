/**
 * The frame of every daemon: arguments → configuration → log → lock → start → READY, and on SIGTERM
 * or SIGINT a clean stop, in under a second unless the disk is slow. A daemon that cannot start writes the reason in one line and
 * exits non-zero: 78 (EX_CONFIG of sysexits.h) for its configuration or a Node.js that it was not built
 * for, which only an operator can put right, and 1 for anything else.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError, loadConfig } from '@nodemgr/config';
import { type DaemonName, type Endpoints, endpointsBelow, type Failure } from '@nodemgr/contracts';
import { native, OtherAbiError, refuseOtherAbi } from '@nodemgr/native';
import type { Logger } from 'pino';
import { type DaemonArguments, readArguments } from './daemon-arguments.ts';
import { unhandled } from './describe-error.ts';
import { FailureBoard } from './failure-board.ts';
import { holdLock } from './hold-lock.ts';
import { type LogWatch, lastLine, makeLogger } from './logger.ts';
import { oneLine } from './one-line.ts';
import { refuseDebugger, SIGUSR1_IGNORED } from './refuse-debugger.ts';
import { ServiceManager } from './service-manager.ts';
import { type TurnedAway, turnCallersAway } from './turn-callers-away.ts';
import { untilToldToStop } from './until-told-to-stop.ts';
import { VERSION } from './version.ts';

export interface DaemonContext {
  readonly name: DaemonName;
  readonly config: Config;
  readonly log: Logger;
  readonly endpoints: Endpoints;
  /** The failure board, for `nmctl status`. */
  readonly failures: FailureBoard;
  /** Aborts when the daemon has been told to stop. */
  readonly signal: AbortSignal;
  commonStatus(): CommonStatus;
}

/** The part of a status that all daemons share (libs/contracts, operator/parts.ts). */
export interface CommonStatus {
  process: string;
  pid: number;
  version: string;
  started_at: number;
  failures: Failure[];
}

export interface RunningDaemon {
  stop(): Promise<void>;
}

export type StartDaemon = (context: DaemonContext) => Promise<RunningDaemon>;

/** The units do not restart a daemon that ends with this one. */
const EX_CONFIG = 78;
/**
 * A stop that takes longer hangs, and is cut: before the unit's TimeoutStopSec, so that the log says which. A
 * disk that is slow with a last write is no hang: a unit that failed would tell an operator that it was.
 */
const STOP_MS = 4000;

/**
 * Two of one daemon on one runtime directory would take each other's sockets away. (What a daemon
 * keeps in the state directory it guards itself: who may write there differs from one to the next.)
 */
function lockAgainstTwins(name: DaemonName, config: Config): void {
  // The API's callers pass through the runtime directory; what is in it, folders guard.
  const made = mkdirSync(config.node.runtime_dir, { recursive: true });
  if (made !== undefined) chmodSync(config.node.runtime_dir, 0o755); // Whatever the umask.
  const folder = join(config.node.runtime_dir, 'op', name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  holdLock(join(folder, 'lock'), `another ${name} runs already`);
}

function makeContext(
  name: DaemonName,
  config: Config,
  { log, failures }: Reports,
  stop: AbortSignal,
): DaemonContext {
  const startedAt = Date.now();
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

/** The places that a daemon reports to. */
type Reports = Pick<DaemonContext, 'log' | 'failures'>;

/** Subject on the failure board. */
const LOG = 'log';

function logOn(failures: FailureBoard): LogWatch {
  return {
    refused({ message }) {
      const reason = `standard error: ${message}; lines wait, and of very many the newest are lost`;
      failures.report({ code: 'log', subject: LOG, action: 'write', reason });
    },
    written: () => failures.clear(LOG),
  };
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

async function live(
  name: DaemonName,
  start: StartDaemon,
  args: DaemonArguments,
  config: Config,
  reports: Reports,
): Promise<void> {
  const { log } = reports;
  lockAgainstTwins(name, config);
  const crash = (error: unknown) => {
    const text = 'a defect: this should have been handled; exiting to be restarted';
    log.fatal({ err: unhandled(error) }, text);
    process.exit(1);
  };
  process.on('uncaughtException', crash).on('unhandledRejection', crash);
  const toldToStop = untilToldToStop(args.stopOnStdinEof);
  const systemd = new ServiceManager(process.env, native().notify, log);
  const stop = new AbortController();
  const started = start(makeContext(name, config, reports, stop.signal));
  const running = await Promise.race([started, toldToStop]);
  if (typeof running === 'string') {
    log.info({ reason: running }, 'told to stop while starting');
    systemd.stopping();
    stop.abort();
    return;
  }
  systemd.ready();
  log.info({ config: args.config, ready_ms: Math.round(process.uptime() * 1000) }, 'ready');
  // Readers of the log wait for this line, and the work that comes next may keep the loop busy.
  log.flush();
  const reason = await toldToStop;
  log.info({ reason }, 'stopping');
  systemd.stopping();
  stop.abort();
  await stopInTime(running, log);
  log.info('stopped');
}

async function run(name: DaemonName, start: StartDaemon, args: DaemonArguments): Promise<void> {
  const config = loadConfig(args.config, process.env);
  const failures = new FailureBoard();
  const log = await makeLogger(name, config.log.level, logOn(failures));
  process.on('SIGUSR1', () => log.info(SIGUSR1_IGNORED));
  try {
    await live(name, start, args, config, { log, failures });
  } finally {
    // Before anything else is said about how it ended.
    log.flush();
  }
}

/** exitCodeFor returns EX_CONFIG for what no restart puts right, and 1 for the rest. */
function exitCodeFor(error: unknown): number {
  return error instanceof ConfigError || error instanceof OtherAbiError ? EX_CONFIG : 1;
}

/** endBecauseOf returns the exit code of a daemon that could not start, once nothing starts it again at once. */
async function endBecauseOf(error: unknown, turnedAway: TurnedAway): Promise<number> {
  const code = exitCodeFor(error);
  if (code !== EX_CONFIG) return code;
  const stop = new AbortController();
  void untilToldToStop(false).then(() => stop.abort());
  const terms = { turnedAway, stop: stop.signal };
  const paced = await turnCallersAway(process.env, process.pid, terms);
  return paced === 'told to stop' ? 0 : code;
}

/**
 * runDaemon is a daemon's whole main function. `turnedAway`: what its callers are sent where systemd listens for
 * it and it cannot start.
 */
export async function runDaemon(
  name: DaemonName,
  start: StartDaemon,
  turnedAway: TurnedAway = () => '',
): Promise<void> {
  refuseDebugger();
  try {
    refuseOtherAbi();
    const args = readArguments(name);
    if (args !== 'answered') await run(name, start, args);
    process.exit(0);
  } catch (error) {
    process.stderr.write(lastLine(name, `cannot start: ${oneLine(error)}`));
    process.exit(await endBecauseOf(error, turnedAway));
  }
}
