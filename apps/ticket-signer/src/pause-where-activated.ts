/**
 * Keeps a service that cannot serve from being started without a pause. Where systemd listens, a connection
 * that waits has it start the service again as soon as it has ended; systemd itself can but close the socket
 * when that happens too often (TriggerLimitBurst= of systemd.socket(5)), and opens it for nobody again.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** PAUSE_MS is how long (milliseconds): long beside a start, short for whoever has just put it right and waits. */
export const PAUSE_MS = 10_000;

/** As setTimeout of node:timers/promises: rejects when the signal is aborted. */
type Wait = (
  ms: number,
  value: undefined,
  options: { readonly signal: AbortSignal },
) => Promise<unknown>;

/**
 * pauseWhereActivated resolves after a pause where systemd has handed over sockets (sd_listen_fds(3)), and
 * at once where it has not, or when `stop` is aborted: 'told to stop'.
 */
export async function pauseWhereActivated(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
  stop: AbortSignal,
  wait: Wait = delay,
): Promise<'paused' | 'told to stop'> {
  if (env['LISTEN_PID'] !== String(pid)) return 'paused';
  await wait(PAUSE_MS, undefined, { signal: stop }).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
  return stop.aborted ? 'told to stop' : 'paused';
}
