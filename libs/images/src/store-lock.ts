/**
 * Locks of the store. One lock is held only while a name in the store changes, never while a tree is
 * unpacked or deleted; each import holds another as long as it lives, so that what a killed one left
 * is told from one at work.
 */
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { native } from '@nodemgr/native';
import { ImageProblem } from './image-problem.ts';
import { lockOf } from './store-layout.ts';

/** Renames take no time: whoever holds the lock for longer is stuck. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 20;

/** tryLock takes the lock on `file` and returns what gives it up, or undefined when it is held. */
export function tryLock(file: string): (() => void) | undefined {
  try {
    const descriptor = native().lockFile(file);
    return () => native().unlockFile(descriptor);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

async function takeLock(file: string): Promise<() => void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += PAUSE_MS) {
    const unlock = tryLock(file);
    if (unlock !== undefined) return unlock;
    await delay(PAUSE_MS);
  }
  throw new ImageProblem(`another process has held ${file} for ${PATIENCE_MS / 1000} s`);
}

/** withStoreLock does `act` while nobody else changes a name in the store, which is made when absent. */
export async function withStoreLock<T>(imagesDir: string, act: () => Promise<T>): Promise<T> {
  await mkdir(imagesDir, { recursive: true, mode: 0o755 });
  const unlock = await takeLock(lockOf(imagesDir));
  try {
    return await act();
  } finally {
    unlock();
  }
}
