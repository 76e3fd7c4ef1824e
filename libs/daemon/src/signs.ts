/** Signs that something has been mended (waits.ts): each a few system calls on paths. They change nothing. */
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import type { Sign } from './waits.ts';

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

/** A file that is replaced, a folder that gets or loses a name, and a mount over either have another stamp. */
async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${dev}/${ino}/${size}/${mtimeNs}/${ctimeNs}`;
  } catch (error) {
    return codeOf(error);
  }
}

/** fileSign changes with what the files, or the names in the folders, at `paths` are. */
export function fileSign(...paths: readonly string[]): Sign {
  return async () => (await Promise.all(paths.map(stampOf))).join();
}

/** Free blocks, root's reserve included, in KiB, and free inodes. */
async function roomIn(folder: string): Promise<readonly [number, number]> {
  try {
    const { bfree, bsize, ffree } = await statfs(folder);
    return [Math.floor((bfree * bsize) / 1024), ffree];
  } catch {
    return [0, 0];
  }
}

/** roomSign grows with the free room, in bytes or in files, of the file systems that `folders` are on. */
export function roomSign(...folders: readonly string[]): Sign {
  return async () => (await Promise.all(folders.map(roomIn))).flat();
}

/** writableSign changes when a file system becomes writable, or is not any more: EROFS comes before any right. */
export function writableSign(...folders: readonly string[]): Sign {
  const answerOf = (folder: string) =>
    access(folder, constants.W_OK).then(() => 'writable', codeOf);
  return async () => (await Promise.all(folders.map(answerOf))).join();
}

/** Bytes of a routing table that are compared; the way out stands well before their end. */
const MAX_TABLE_BYTES = 64 * 1024;

/** Only these columns: the others count users and uses, which our own attempts change. */
async function columnsOf(path: string, columns: readonly number[]): Promise<string> {
  const text = await readFile(path, 'latin1').catch(codeOf);
  const lines = text.slice(0, MAX_TABLE_BYTES).split('\n');
  return lines
    .map((line) => {
      const fields = line.trim().split(/\s+/);
      return columns.map((column) => fields[column] ?? '').join(' ');
    })
    .sort()
    .join('\n');
}

/**
 * routesSign changes with the machine's routes, and so with its addresses, IPv4 and IPv6: interface,
 * destination, gateway and mask (proc_pid_net(5): route, ipv6_route).
 */
export const routesSign: Sign = async () => {
  const tables = await Promise.all([
    columnsOf('/proc/self/net/route', [0, 1, 2, 7]),
    columnsOf('/proc/self/net/ipv6_route', [9, 0, 1, 4]),
  ]);
  return tables.join('\n\n');
};
