/** Writes files so that after a crash there is the old one or the new one, and nothing in between. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The end of the name of a file that is still being written. */
export const UNFINISHED = '.tmp';

/** writeDurably replaces `path`, readable by its owner alone; when it resolves, the data is on disk. */
export async function writeDurably(path: string, data: Uint8Array | string): Promise<void> {
  const unfinished = `${path}${UNFINISHED}`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  await syncFolder(dirname(path));
}
