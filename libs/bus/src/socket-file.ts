/**
 * The file system's side of an ipc:// socket. Who may connect is decided by the folder that the
 * socket is in (libs/contracts, endpoints.ts), so the socket itself is open to all who can reach it.
 */
import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MAX_SOCKET_PATH } from '@nodemgr/contracts';

/**
 * Largest message that any endpoint takes. A peer that receives more is cut off by ZeroMQ and not
 * connected again, so whoever sends checks first and says so.
 */
export const MAX_MESSAGE_BYTES = 256 << 20;

export const addressOf = (path: string): string => `ipc://${path}`;

/** prepareFolder makes the socket's folder, for its owner alone, where installation has not. */
export async function prepareFolder(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new Error(`socket path ${path} is longer than ${MAX_SOCKET_PATH} bytes (unix(7))`);
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
}

/** openToFolder lets everyone who can enter the folder connect. */
export async function openToFolder(path: string): Promise<void> {
  await chmod(path, 0o666);
}
