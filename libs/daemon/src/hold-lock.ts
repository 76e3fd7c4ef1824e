/** Keeps two processes from one thing that only one may have. */
import { native } from '@nodemgr/native';

/**
 * holdLock takes the lock on `file`, which is made when absent, and keeps it until the process ends,
 * however it ends. Throws an Error with the text `taken` when another process holds it.
 */
export function holdLock(file: string, taken: string): void {
  try {
    native().lockFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    throw new Error(`${taken} (it holds ${file})`);
  }
}
