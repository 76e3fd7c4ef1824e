/**
 * Ends a service that cannot serve and for which systemd listens. A connection that is left waiting has systemd
 * start the service again as soon as it has ended, without an end; systemd's own brake (TriggerLimitBurst= of
 * systemd.socket(5)) closes the socket for good. So callers are taken off the queue and answered, for a while; or
 * they are left there, where they can wait for as long as it takes, and then no start follows another at once.
 */
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { closeAfter } from '@nodemgr/http-front';
import { systemdSockets } from './systemd-sockets.ts';

/**
 * How long (milliseconds): long beside a start, for callers that come again and again; short for an operator who
 * has mended it and waits.
 */
export const PAUSE_MS = 10_000;
/** Bytes that a caller may still send, so that it gets the reason why it is turned away. */
const LINGER = { ms: 2000, bytes: 1 << 20, leastChunk: 1 << 10 };
const BACKLOG = 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns what a caller is sent on the socket of a name (FileDescriptorName= of systemd.socket(5)); '': it is closed. */
export type TurnedAway = (name: string) => string;

function serveNobody(fd: number, text: string): Promise<Server | undefined> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    closeAfter(socket, text, LINGER);
  });
  return new Promise((resolve) => {
    // Connections that cannot be taken off a queue are left there: the pause holds all the same.
    server.once('error', () => resolve(undefined));
    server.listen({ fd }, BACKLOG, () => resolve(server));
  });
}

function handedOver(env: Environment, pid: number): readonly number[] {
  try {
    return systemdSockets(env, pid);
  } catch {
    // Something worse has been reported before this.
    return [];
  }
}

/**
 * turnCallersAway resolves after PAUSE_MS where systemd has handed over sockets (sd_listen_fds(3)), and at
 * once where it has not, or when `stop` is aborted: 'told to stop'. Nobody waits on the sockets then; without
 * `turnedAway` callers go on waiting, and one of them has the service started once more after each pause.
 */
export async function turnCallersAway(
  env: Environment,
  pid: number,
  { turnedAway, stop }: { readonly turnedAway?: TurnedAway; readonly stop: AbortSignal },
): Promise<'paused' | 'told to stop'> {
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
  const fds = handedOver(env, pid);
  if (fds.length === 0) return 'paused';
  const servers =
    turnedAway === undefined
      ? []
      : await Promise.all(fds.map((fd, index) => serveNobody(fd, turnedAway(names[index] ?? ''))));
  await delay(PAUSE_MS, undefined, { signal: stop }).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
  for (const server of servers) server?.close();
  return stop.aborted ? 'told to stop' : 'paused';
}
