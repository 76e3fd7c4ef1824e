/**
 * Imports an image: unpack in a hidden folder of the store's own file system, check, prepare, sync, and
 * only then give it its name, by one rename. Whatever ends it before leaves no version, and nothing but
 * a hidden folder that the next import clears.
 */
import { Buffer } from 'node:buffer';
import { lstat, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EpochSeconds, type ImageName, type KiB, kib } from '@nodemgr/records';
import { checkRoom, KEEP_FREE, makeMeter } from './check-room.ts';
import { ImageProblem } from './image-problem.ts';
import type { ImageSource } from './image-source.ts';
import { type ImageVersion, imageVersion, versionParts } from './image-version.ts';
import { HEADER_LENGTH, judgeShell } from './judge-shell.ts';
import { clearMountedOver, prepareRoot } from './prepare-root.ts';
import { type ImageNote, storeEntries } from './read-store.ts';
import { resolveInside } from './resolve-inside.ts';
import { runTool } from './run-tool.ts';
import { entryOf, folderOf, type Workshop } from './store-layout.ts';
import { withStoreLock } from './store-lock.ts';
import { surveyTree } from './survey-tree.ts';
import { unpackTree } from './unpack-tree.ts';
import { clearAbandoned, openWorkshop } from './workshops.ts';

/** Start scripts begin with it, and a login ends in it. */
const SHELL = '/bin/sh';

async function headerOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_LENGTH), 0, HEADER_LENGTH, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function shellOf(root: string): Promise<string> {
  try {
    return await resolveInside(root, SHELL);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new ImageProblem(`it is not the root of a system: it has no ${SHELL} (${reason})`, {
      cause: error,
    });
  }
}

async function checkShell(root: string, arch: string): Promise<void> {
  const path = await shellOf(root);
  const found = await lstat(path);
  if (!found.isFile()) throw new ImageProblem(`its ${SHELL} is no file`);
  if ((found.mode & 0o111) === 0) throw new ImageProblem(`its ${SHELL} may not be executed`);
  const why = judgeShell(await headerOf(path), arch);
  if (why !== undefined) throw new ImageProblem(`its ${SHELL} ${why}`);
}

/**
 * checkRoot rejects with ImageProblem, saying what is missing, unless the tree at `root` has a shell
 * that runs on a processor of the kind `arch`, and an /etc.
 */
async function checkRoot(root: string, arch: string): Promise<void> {
  if (!(await lstat(root)).isDirectory()) throw new ImageProblem('its root is no folder');
  await checkShell(root, arch);
  const etc = await lstat(join(root, 'etc')).catch(() => undefined);
  if (!etc?.isDirectory()) throw new ImageProblem('it is not the root of a system: it has no /etc');
}

/** How far an import is; `unpacked`: so much of the tree. */
export type ImportProgress =
  | { readonly step: 'unpack'; readonly unpacked: KiB }
  | { readonly step: 'check' }
  | { readonly step: 'sync' };

export interface ImportOrder {
  /** The store; made when absent. */
  readonly imagesDir: string;
  readonly name: ImageName;
  readonly source: ImageSource;
  /** A larger tree is refused while it is being unpacked. */
  readonly maxSize: KiB;
  /** Of the node's processor, as process.arch has it. */
  readonly arch: string;
  readonly signal: AbortSignal;
  /** Now. */
  readonly importedAt: EpochSeconds;
  readonly onProgress: (progress: ImportProgress) => void;
  /** What is left free of the file system; 256 MiB unless given. */
  readonly keepFree?: KiB;
}

async function unpack(order: ImportOrder, { root }: Workshop): Promise<void> {
  const { imagesDir, maxSize, keepFree = KEEP_FREE, source, signal, onProgress } = order;
  const meter = makeMeter({ folder: imagesDir, maxSize, keepFree });
  const told = async (bytes: number) => {
    onProgress({ step: 'unpack', unpacked: kib(Math.floor(bytes / 1024)) });
    await meter(bytes);
  };
  await unpackTree(source, root, told, signal);
}

async function checkAndPrepare(order: ImportOrder, { root }: Workshop): Promise<KiB> {
  order.onProgress({ step: 'check' });
  await checkRoot(root, order.arch);
  await clearMountedOver(root, order.signal);
  await prepareRoot(root);
  return surveyTree(root, order.signal);
}

async function writeNote(order: ImportOrder, workshop: Workshop, size: KiB): Promise<void> {
  const note: ImageNote = {
    name: order.name,
    imported_at: order.importedAt,
    source: order.source.name.slice(0, 4096),
    size_kib: size,
  };
  await writeFile(workshop.note, `${JSON.stringify(note)}\n`, { mode: 0o644, flag: 'wx' });
}

/** A number counts as given when there is, or may yet be again, a folder of that number. */
async function nextVersion(imagesDir: string, name: ImageName): Promise<ImageVersion> {
  const numbers = (await storeEntries(imagesDir)).map((entryName) => {
    const entry = entryOf(imagesDir, entryName);
    if (entry.is !== 'version' && entry.is !== 'leaving') return 0;
    const parts = versionParts(entry.ref);
    return parts.name === name ? parts.number : 0;
  });
  return imageVersion(name, Math.max(0, ...numbers) + 1);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function publish(
  { imagesDir, name, signal }: ImportOrder,
  { image }: Workshop,
): Promise<ImageVersion> {
  return withStoreLock(imagesDir, async () => {
    signal.throwIfAborted();
    const ref = await nextVersion(imagesDir, name);
    await rename(image, folderOf(imagesDir, ref));
    await syncFolder(imagesDir);
    return ref;
  });
}

async function putTogether(order: ImportOrder, workshop: Workshop): Promise<ImageVersion> {
  await unpack(order, workshop);
  const size = await checkAndPrepare(order, workshop);
  await writeNote(order, workshop, size);
  order.onProgress({ step: 'sync' });
  await runTool(['sync', '--file-system', workshop.image], order.signal);
  return publish(order, workshop);
}

/**
 * importImage makes the next version of `name` out of `source` and returns it. As root, files keep
 * their owners; otherwise all become the caller's. Rejects with ImageProblem when no sliver could be
 * made of it, when it is too large, or when the disk is full; nothing is left of it then.
 */
export async function importImage(order: ImportOrder): Promise<ImageVersion> {
  const { imagesDir, signal, keepFree = KEEP_FREE } = order;
  await clearAbandoned(imagesDir);
  await checkRoom(imagesDir, keepFree);
  const workshop = await openWorkshop(imagesDir);
  try {
    return await putTogether(order, workshop);
  } catch (error) {
    if (signal.aborted)
      throw new ImageProblem('interrupted: nothing was imported', { cause: error });
    throw error;
  } finally {
    await workshop.close();
  }
}
