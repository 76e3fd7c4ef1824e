/** The folders in which imports are put together: opened, cleared away, and, when left by a dead one, found. */
import { mkdir } from 'node:fs/promises';
import { storeEntries } from './read-store.ts';
import { runTool } from './run-tool.ts';
import { entryOf, newWorkshop, type Workshop } from './store-layout.ts';
import { tryLock, withStoreLock } from './store-lock.ts';

/** One's own to have and to end. */
export interface OpenWorkshop extends Workshop {
  /** Deletes it with all that is in it. */
  close(): Promise<void>;
}

/** Deletes are not stopped half-way: they are what is left to do when everything else was. */
const NEVER = new AbortController().signal;

/** deleteTree deletes `path` whatever the names in it; that it is gone already is no error. */
export async function deleteTree(path: string): Promise<void> {
  await runTool(['rm', '--recursive', '--force', '--one-file-system', '--', path], NEVER);
}

async function makeFolders(workshop: Workshop): Promise<() => void> {
  await mkdir(workshop.folder, { mode: 0o700 });
  const unlock = tryLock(workshop.lock);
  if (unlock === undefined) throw new Error(`${workshop.lock} is held by another process`);
  await mkdir(workshop.image, { mode: 0o700 });
  await mkdir(workshop.root, { mode: 0o755 });
  return unlock;
}

/**
 * openWorkshop makes the folder of one import in the store at `imagesDir`. While this process lives, or
 * until it is closed, no other clears it away.
 */
export async function openWorkshop(imagesDir: string): Promise<OpenWorkshop> {
  const workshop = newWorkshop(imagesDir);
  // Under the store's lock: without it, another import could find the folder before it is locked.
  const unlock = await withStoreLock(imagesDir, () => makeFolders(workshop));
  return {
    ...workshop,
    close: async () => {
      try {
        await deleteTree(workshop.folder);
      } finally {
        unlock();
      }
    },
  };
}

/** Takes the lock of every workshop whose import has ended. Under the store's lock. */
async function takeAbandoned(
  imagesDir: string,
): Promise<readonly { readonly folder: string; readonly unlock: () => void }[]> {
  return (await storeEntries(imagesDir)).flatMap((name) => {
    const entry = entryOf(imagesDir, name);
    const unlock = entry.is === 'workshop' ? tryLock(entry.workshop.lock) : undefined;
    if (entry.is !== 'workshop' || unlock === undefined) return [];
    return [{ folder: entry.workshop.folder, unlock }];
  });
}

/** clearAbandoned deletes what killed imports have left. */
export async function clearAbandoned(imagesDir: string): Promise<void> {
  const abandoned = await withStoreLock(imagesDir, () => takeAbandoned(imagesDir));
  try {
    for (const { folder } of abandoned) await deleteTree(folder);
  } finally {
    for (const { unlock } of abandoned) unlock();
  }
}
