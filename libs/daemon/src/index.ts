/** The frame that all daemons share, and what they need to fail and wait well. */
export type { Logger } from 'pino';
export { type Backoff, backoffMs } from './backoff.ts';
export { CallerQueues, type Shares } from './caller-queues.ts';
export { nodeFlagsOf } from './daemon-arguments.ts';
export { errorBeside, unhandled } from './describe-error.ts';
export { FailureBoard, type FailureReport } from './failure-board.ts';
export { FairTurns, type FairTurnsOptions } from './fair-turns.ts';
export { holdLock } from './hold-lock.ts';
export { type ListenAt, type Listening, listen } from './listen.ts';
export { lastLine, makeLogger } from './logger.ts';
export { machineClock } from './machine-clock.ts';
export { AN_HOUR_MS, RationedLines } from './rationed-lines.ts';
export { readBootId } from './read-boot-id.ts';
export { refuseDebugger, SIGUSR1_IGNORED } from './refuse-debugger.ts';
export {
  type CommonStatus,
  type DaemonContext,
  type RunningDaemon,
  runDaemon,
  type StartDaemon,
} from './run-daemon.ts';
export { ServiceManager } from './service-manager.ts';
export { fileSign, roomSign, routesSign, writableSign } from './signs.ts';
export { sleep } from './sleep.ts';
export { syncFolder } from './sync-folder.ts';
export { systemdSockets } from './systemd-sockets.ts';
export { type ClockSource, TrustedClock } from './trusted-clock.ts';
export { PAUSE_MS, type TurnedAway, turnCallersAway } from './turn-callers-away.ts';
export { untilToldToStop } from './until-told-to-stop.ts';
export { VERSION } from './version.ts';
export { type Sign, Waits, type WaitsOptions } from './waits.ts';
