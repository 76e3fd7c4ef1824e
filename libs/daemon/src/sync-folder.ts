/** Makes what has been renamed in a folder outlive a power cut (fsync(2)). */
import { open } from 'node:fs/promises';

/** syncFolder resolves when the names in `folder` are on disk; rejects with the error of the system call. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
