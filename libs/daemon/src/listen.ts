/** Makes a server that is open to everyone listen: on a path, on an address, or on a socket of systemd's. */
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { type ListenOptions, type Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import { MAX_SOCKET_PATH } from '@nodemgr/contracts';

export type ListenAt =
  | { readonly fd: number }
  | { readonly path: string }
  | { readonly host: string; readonly port: number };

export interface ListenTerms {
  /** Connections that wait to be accepted, where systemd has not said how many. */
  readonly backlog: number;
  /** The keys of the configuration, for errors: `api.socket`. */
  readonly keys: { readonly path: string; readonly port: string };
}

/** Where a server listens. `tcp`: `address:port`. */
export type Listening = { readonly kind: 'unix' } | { readonly kind: 'tcp'; readonly tcp: string };

/** Everyone may connect: who may do what is decided by who connects. */
const SOCKET_MODE = 0o666;
const FOLDER_MODE = 0o755;
const PROBE_MS = 1000;

/** Node.js takes a descriptor too, which its types leave out. */
type ListenOn = ListenOptions | { readonly fd: number };

function listenOn(server: Server, options: ListenOn, backlog: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // As an argument: for a descriptor Node.js heeds no other backlog, and would shorten systemd's.
    server.listen(options, backlog, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** answers reports whether a process accepts connections at `path`. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = new Socket();
    const end = (outcome: boolean | Error) => {
      probe.destroy();
      if (typeof outcome === 'boolean') resolve(outcome);
      else reject(outcome);
    };
    probe.setTimeout(PROBE_MS, () => end(true));
    probe.once('connect', () => end(true));
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const nobody = error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
      // EAGAIN: its queue is full, so there is somebody.
      end(nobody ? false : error.code === 'EAGAIN' ? true : error);
    });
    probe.connect(path);
  });
}

/** A socket file outlives a process that was killed; it is removed only if nobody answers on it. */
async function clearStale(path: string, key: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${key}: ${path} is there and is no socket`);
  if (await answers(path)) throw new Error(`${key}: another process answers on ${path}`);
  await rm(path, { force: true });
}

async function listenOnPath(
  server: Server,
  path: string,
  { backlog, keys }: ListenTerms,
): Promise<Listening> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new Error(`${keys.path}: ${path} is longer than ${MAX_SOCKET_PATH} bytes (unix(7))`);
  }
  const made = await mkdir(dirname(path), { recursive: true });
  // Whatever the umask: the socket is open to everyone, and so is the way to it.
  if (made !== undefined) await chmod(dirname(path), FOLDER_MODE);
  await clearStale(path, keys.path);
  await listenOn(server, { path }, backlog);
  await chmod(path, SOCKET_MODE);
  return { kind: 'unix' };
}

const PORT_ERRORS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'is in use by another process'],
  ['EACCES', 'is not ours to use: ports below 1024 need CAP_NET_BIND_SERVICE'],
]);

async function listenOnPort(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  { backlog, keys }: ListenTerms,
): Promise<Listening> {
  try {
    await listenOn(server, { host, port }, backlog);
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const why = PORT_ERRORS.get(code) ?? `cannot be listened on: ${message}`;
    throw new Error(`${keys.port}: port ${port} of ${host} ${why}`, { cause });
  }
  return addressOf(server);
}

/** Node.js knows no path of a Unix socket that it was handed, so only TCP has an address then. */
function addressOf(server: Server): Listening {
  const address = server.address();
  if (address === null || typeof address === 'string') return { kind: 'unix' };
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { kind: 'tcp', tcp: `${host}:${address.port}` };
}

/** listen resolves once `server` takes connections; rejects with an error that names what is in the way. */
export async function listen(server: Server, at: ListenAt, terms: ListenTerms): Promise<Listening> {
  if ('path' in at) return listenOnPath(server, at.path, terms);
  if ('port' in at) return listenOnPort(server, at, terms);
  await listenOn(server, { fd: at.fd }, terms.backlog);
  return addressOf(server);
}
