/** Reads what there is of the file system that holds the slivers: statfs(2), and what ext4(5) says of its reserve. */
import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskFacts } from '../../disk/judge-disk.ts';
import { deviceName, textOf } from './read-node-facts.ts';

/** As ext4 has it: whom the reserve is for, beside those with CAP_SYS_RESOURCE. */
function reserveHolder(device: string): number | undefined {
  const options = textOf(join('/proc/fs/ext4', device, 'options'));
  const found = /^resuid=(\d+)$/m.exec(options ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Blocks that ext4 keeps back for itself, which statfs(2) counts as used by nobody as well. */
function ownClusters(device: string): number {
  return Number(textOf(join('/sys/fs/ext4', device, 'reserved_clusters')) ?? 0);
}

/** The database may have a file system of its own: then slivers cannot take its room. */
function isElsewhere(stateDir: string): boolean {
  const database = statSync(join(stateDir, 'db'), { throwIfNoEntry: false });
  return database !== undefined && database.dev !== statSync(stateDir).dev;
}

/**
 * A sliver's overlay is mounted by root, and writes to the file system with root's user id (and without its
 * CAP_SYS_RESOURCE): a reserve that is for the user id 0, as ext4 has it of its own accord, is the slivers' too.
 */
function whyNoReserve(stateDir: string, keptBack: number): string | undefined {
  if (isElsewhere(stateDir)) return undefined;
  const device = deviceName(stateDir);
  if (keptBack <= ownClusters(device)) {
    return `slivers can fill the file system of ${stateDir} to the last block, and the database is on it: keep some of it back (ext4: tune2fs -m 5 /dev/${device}), or give ${stateDir}/db a file system of its own`;
  }
  if (reserveHolder(device) !== 0) return undefined;
  return `what the file system of ${stateDir} keeps back is open to slivers (resuid=0): where it is a mount of its own, systemctl restart nodemgr-account-supervisor closes it`;
}

/** readDiskFacts looks at the file system of `stateDir`. Rejects when that cannot be done. */
export async function readDiskFacts(stateDir: string): Promise<DiskFacts> {
  const { bsize, blocks, bfree, bavail } = await statfs(stateDir);
  const kib = (amount: number): number => Math.floor((amount * bsize) / 1024);
  return {
    folder: stateDir,
    used: kib(blocks - bfree),
    available: kib(bavail),
    // In a file system that is full the node has begun to use what was kept back: nothing can be seen of it.
    noReserve: bavail === 0 ? undefined : whyNoReserve(stateDir, bfree - bavail),
  };
}
