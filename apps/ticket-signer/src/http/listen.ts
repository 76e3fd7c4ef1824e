/** Makes a server listen: on a path, on an address, or on a socket that systemd hands over. */
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { type ListenOptions, type Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import { MAX_SOCKET_PATH } from '@nodemgr/contracts';
import { BACKLOG } from './http-bounds.ts';

export type ListenAt =
  | { readonly fd: number }
  | { readonly path: string }
  | { readonly host: string; readonly port: number };

/** Everyone may connect: what is signed for whom is decided by who connects. */
const SOCKET_MODE = 0o666;
const PROBE_MS = 1000;

/** Node.js takes a descriptor too, which its types leave out. */
function listenOn(server: Server, options: ListenOptions | { readonly fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...options, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** isServed reports whether a process accepts connections at `path`, or is too busy to. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = new Socket();
    const end = (served: boolean): void => {
      probe.destroy();
      resolve(served);
    };
    probe.setTimeout(PROBE_MS, () => end(true));
    probe.once('connect', () => end(true));
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      end(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
    probe.connect(path);
  });
}

/** A socket file outlives a process that was killed. */
async function clearStale(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`unix.socket: ${path} is there and is no socket`);
  if (await isServed(path)) throw new Error(`unix.socket: another process answers on ${path}`);
  await rm(path, { force: true });
}

async function listenOnPath(server: Server, path: string): Promise<string> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new Error(`unix.socket: ${path} is longer than ${MAX_SOCKET_PATH} bytes (unix(7))`);
  }
  await mkdir(dirname(path), { recursive: true });
  await clearStale(path);
  await listenOn(server, { path });
  await chmod(path, SOCKET_MODE);
  return path;
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return 'a socket of systemd';
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
}

/** listen resolves with where `server` listens; rejects with an Error that names what is in the way. */
export async function listen(server: Server, at: ListenAt): Promise<string> {
  if ('path' in at) return listenOnPath(server, at.path);
  try {
    await listenOn(server, at);
  } catch (cause) {
    const where = 'fd' in at ? 'the socket of systemd' : `${at.host}, port ${at.port}`;
    throw new Error(`cannot listen on ${where}: ${(cause as Error).message}`, { cause });
  }
  return addressOf(server);
}
