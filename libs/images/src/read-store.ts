/**
 * Reads what is in the store of images. It changes nothing, needs no lock (a version appears and goes
 * by one rename), and one bad entry holds up no other.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EpochSeconds,
  epochSecondsSchema,
  type ImageName,
  imageNameSchema,
  type KiB,
  kib,
} from '@nodemgr/records';
import * as z from 'zod';
import { type ImageVersion, versionParts } from './image-version.ts';
import { entryOf, folderOf, imageRoot, NOTE } from './store-layout.ts';

/** A version that slivers can be made of. */
export interface StoredImage {
  readonly name: ImageName;
  /** Counts from 1; of two versions of a name the one with the larger number is newer. */
  readonly number: number;
  readonly ref: ImageVersion;
  readonly importedAt: EpochSeconds;
  /** What it was made from, as the operator named it; for people. */
  readonly source: string;
  /** What it took on the disk when it was imported. */
  readonly size: KiB;
}

/** An entry that has the name of a version and cannot be used as one. */
export interface DamagedImage {
  readonly ref: ImageVersion;
  readonly why: string;
}

export interface ImageStore {
  /** By name, then oldest first. */
  readonly images: readonly StoredImage[];
  readonly damaged: readonly DamagedImage[];
}

/** What image.json says. Keys that a later release may add are passed over. */
export const imageNoteSchema = z.object({
  name: imageNameSchema,
  imported_at: epochSecondsSchema,
  source: z.string().max(8192),
  size_kib: z.int().nonnegative(),
});
export type ImageNote = z.infer<typeof imageNoteSchema>;

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EACCES' ? 'only root may look into it' : message;
}

async function readVersionFolder(imagesDir: string, ref: ImageVersion): Promise<StoredImage> {
  const text = await readFile(join(folderOf(imagesDir, ref), NOTE), 'utf8');
  const note = imageNoteSchema.parse(JSON.parse(text));
  const { name, number } = versionParts(ref);
  if (note.name !== name) throw new Error(`its ${NOTE} is that of ${note.name}`);
  if (!(await stat(imageRoot(imagesDir, ref))).isDirectory()) throw new Error('root is no folder');
  const { imported_at: importedAt, source, size_kib } = note;
  return { name, number, ref, importedAt, source, size: kib(size_kib) };
}

async function tryRead(imagesDir: string, ref: ImageVersion): Promise<StoredImage | DamagedImage> {
  try {
    return await readVersionFolder(imagesDir, ref);
  } catch (error) {
    return { ref, why: reasonOf(error) };
  }
}

/** storeEntries returns the names in the store's folder; none when there is no such folder. */
export async function storeEntries(imagesDir: string): Promise<readonly string[]> {
  try {
    return await readdir(imagesDir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** versionsIn returns every version that there is a folder of, whole or damaged. */
export async function versionsIn(imagesDir: string): Promise<readonly ImageVersion[]> {
  return (await storeEntries(imagesDir)).flatMap((name) => {
    const entry = entryOf(imagesDir, name);
    return entry.is === 'version' ? [entry.ref] : [];
  });
}

const byAge = (a: StoredImage, b: StoredImage): number =>
  a.name === b.name ? a.number - b.number : a.name < b.name ? -1 : 1;

/**
 * readStore returns what is in the store: versions that can be used, and entries that cannot with the
 * reason. A store that is not there yet is empty. Rejects only when its folder cannot be read.
 */
export async function readStore(imagesDir: string): Promise<ImageStore> {
  const refs = await versionsIn(imagesDir);
  const read = await Promise.all(refs.map((ref) => tryRead(imagesDir, ref)));
  return {
    images: read.filter((one) => 'size' in one).sort(byAge),
    damaged: read.filter((one) => 'why' in one),
  };
}

/** listImages returns the versions that can be used, as readStore does. */
export async function listImages(imagesDir: string): Promise<readonly StoredImage[]> {
  return (await readStore(imagesDir)).images;
}
