/**
 * Keeps an import from filling the file system on which slivers and the database live too. Judging is
 * apart from asking: judgeRoom is pure.
 */
import { statfs } from 'node:fs/promises';
import { type KiB, kib, sizeText } from '@nodemgr/records';
import { ImageProblem } from './image-problem.ts';
import type { Meter } from './unpack-tree.ts';

/** Left free, so that the node goes on. */
export const KEEP_FREE = kib(256 * 1024);
/** Of a hundred files that the file system can hold, so many are left. */
const KEEP_FILES_PERCENT = 2;
/** How much is written between two looks (bytes). */
const STEP = 32 * 2 ** 20;

/** What statfs(2) says that counts here. */
export interface Room {
  readonly bsize: number;
  readonly bavail: number;
  /** 0: the file system does not say. */
  readonly files: number;
  readonly ffree: number;
}

/** judgeRoom returns why nothing more may be written; undefined: it may. */
export function judgeRoom(room: Room, keepFree: KiB): string | undefined {
  const free = kib(Math.floor((room.bavail * room.bsize) / 1024));
  if (free < keepFree) {
    return `the disk is full: ${sizeText(free)} is free, and ${sizeText(keepFree)} must stay so`;
  }
  if (room.files > 0 && room.ffree < (room.files * KEEP_FILES_PERCENT) / 100) {
    return `the disk is full: it can take only ${room.ffree} more files`;
  }
  return undefined;
}

/** checkRoom rejects with ImageProblem when the file system of `folder` should take no more. */
export async function checkRoom(folder: string, keepFree: KiB): Promise<void> {
  const why = judgeRoom(await statfs(folder), keepFree);
  if (why !== undefined) throw new ImageProblem(`${why} (${folder})`);
}

/** makeMeter returns a meter that rejects when a tree grows past `maxSize`, or the disk fills up. */
export function makeMeter(bounds: {
  readonly folder: string;
  readonly maxSize: KiB;
  readonly keepFree: KiB;
}): Meter {
  const { folder, maxSize, keepFree } = bounds;
  let nextLook = 0;
  return async (bytes) => {
    if (bytes > maxSize * 1024) {
      throw new ImageProblem(`it is larger than ${sizeText(maxSize)}, and no more is allowed`);
    }
    if (bytes < nextLook) return;
    nextLook = bytes + STEP;
    await checkRoom(folder, keepFree);
  };
}
