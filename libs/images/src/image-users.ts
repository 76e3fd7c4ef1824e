/**
 * Finds who stands on which version, by the notes beside the files of slivers, running or kept. No
 * daemon is asked: what counts is what is on the disk.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageVersion, isImageVersion } from './image-version.ts';

export interface ImageUsers {
  /** Names for people: `princeton_sirius`, `princeton_sirius (kept files)`. Sorted. */
  readonly of: ReadonlyMap<ImageVersion, readonly string[]>;
  /** Why it is not known what someone stands on: no version may be removed while there is such a one. */
  readonly unclear: readonly string[];
}

/** A read of one note. */
type Note = { readonly user: string; readonly ref: ImageVersion } | { readonly unclear: string };

const NOTHING_THERE = ['ENOENT', 'ENOTDIR'];

async function orNothing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (NOTHING_THERE.includes(code)) return undefined;
    throw error;
  }
}

async function readNote(folder: string, user: string): Promise<Note | undefined> {
  const path = join(folder, 'image');
  try {
    const text = (await orNothing(readFile(path, 'utf8')))?.trim();
    // Without a note yet, a sliver has not used any version.
    if (text === undefined) return undefined;
    if (isImageVersion(text)) return { user, ref: text };
    return { unclear: `${path} names no image: ${JSON.stringify(text.slice(0, 80))}` };
  } catch (error) {
    return { unclear: `${path} cannot be read: ${(error as Error).message}` };
  }
}

async function readNotes(
  parent: string,
  userOf: (name: string) => string,
): Promise<readonly Note[]> {
  const names = (await orNothing(readdir(parent))) ?? [];
  const notes = await Promise.all(names.map((name) => readNote(join(parent, name), userOf(name))));
  return notes.filter((note) => note !== undefined);
}

function groupByVersion(notes: readonly Note[]): ReadonlyMap<ImageVersion, readonly string[]> {
  const users = new Map<ImageVersion, Set<string>>();
  for (const note of notes) {
    if ('ref' in note) users.set(note.ref, (users.get(note.ref) ?? new Set()).add(note.user));
  }
  return new Map([...users].map(([ref, names]) => [ref, [...names].sort()]));
}

/**
 * readImageUsers returns who stands on what, by the state folder's `slivers/NAME/image` and
 * `kept/NAME@SINCE/image`. Rejects when one of the two folders cannot be read.
 */
export async function readImageUsers(stateDir: string): Promise<ImageUsers> {
  const slivers = () => readNotes(join(stateDir, 'slivers'), (name) => name);
  const kept = () =>
    readNotes(join(stateDir, 'kept'), (name) => `${name.replace(/@\d+$/, '')} (kept files)`);
  // Each twice: files that come back from `kept`, or get another date there, between two looks must be
  // seen in one of them.
  const notes = [...(await slivers()), ...(await kept()), ...(await kept()), ...(await slivers())];
  const unclear = notes.flatMap((note) => ('unclear' in note ? [note.unclear] : []));
  return { of: groupByVersion(notes), unclear: [...new Set(unclear)] };
}
