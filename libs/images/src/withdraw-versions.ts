/**
 * Takes versions out of the store that nobody stands on. A version is taken out of sight first and its
 * users are looked for once more: whoever got on it meanwhile gets it back (claim-image.ts is the other
 * half). What a crash leaves half-way is settled the next time, by the same rule.
 */
import { rename } from 'node:fs/promises';
import { ImageProblem } from './image-problem.ts';
import type { ImageUsers } from './image-users.ts';
import type { ImageVersion } from './image-version.ts';
import { storeEntries } from './read-store.ts';
import { entryOf, folderOf, leavingOf, newDoomed } from './store-layout.ts';

/** Looks who stands on what, now. */
export type FindUsers = () => Promise<ImageUsers>;

/** usedAmong returns those of `refs` that someone stands on, each with who it is. */
export function usedAmong(
  refs: readonly ImageVersion[],
  { of, unclear }: ImageUsers,
): ReadonlyMap<ImageVersion, readonly string[]> {
  if (unclear.length > 0) {
    throw new ImageProblem(`it is not clear what is in use: ${unclear.join('; ')}`);
  }
  const used = new Map<ImageVersion, readonly string[]>();
  for (const ref of refs) {
    const users = of.get(ref) ?? [];
    if (users.length > 0) used.set(ref, users);
  }
  return used;
}

const hide = (imagesDir: string, ref: ImageVersion) =>
  rename(folderOf(imagesDir, ref), leavingOf(imagesDir, ref));
const putBack = (imagesDir: string, ref: ImageVersion) =>
  rename(leavingOf(imagesDir, ref), folderOf(imagesDir, ref));

async function doom(imagesDir: string, ref: ImageVersion): Promise<string> {
  const path = newDoomed(imagesDir);
  await rename(leavingOf(imagesDir, ref), path);
  return path;
}

async function putAllBack(imagesDir: string, refs: readonly ImageVersion[]): Promise<void> {
  for (const ref of refs) await putBack(imagesDir, ref);
}

async function usedMeanwhile(
  imagesDir: string,
  refs: readonly ImageVersion[],
  findUsers: FindUsers,
): Promise<ReadonlyMap<ImageVersion, readonly string[]>> {
  try {
    return usedAmong(refs, await findUsers());
  } catch (error) {
    await putAllBack(imagesDir, refs);
    throw error;
  }
}

export interface Withdrawal {
  /** Those that are out of the store. */
  readonly withdrawn: readonly ImageVersion[];
  /** Folders that are nobody's any more: to be deleted, which takes its time, without the lock. */
  readonly doomed: readonly string[];
  /** Those that stay, each with who stands on it. */
  readonly used: ReadonlyMap<ImageVersion, readonly string[]>;
}

const NONE: Omit<Withdrawal, 'used'> = { withdrawn: [], doomed: [] };

/**
 * withdrawVersions takes those of `refs` out that nobody stands on; with `together` either all or none.
 * Needs the store's lock. Rejects with ImageProblem, and changes nothing, when it is not clear who
 * stands on what.
 */
export async function withdrawVersions(order: {
  readonly imagesDir: string;
  readonly refs: readonly ImageVersion[];
  readonly findUsers: FindUsers;
  readonly together: boolean;
}): Promise<Withdrawal> {
  const { imagesDir, refs, findUsers, together } = order;
  const before = usedAmong(refs, await findUsers());
  if (together && before.size > 0) return { ...NONE, used: before };
  const unused = refs.filter((ref) => !before.has(ref));
  for (const ref of unused) await hide(imagesDir, ref);
  const after = await usedMeanwhile(imagesDir, unused, findUsers);
  const staying = together && after.size > 0 ? unused : unused.filter((ref) => after.has(ref));
  await putAllBack(imagesDir, staying);
  const withdrawn = unused.filter((ref) => !staying.includes(ref));
  const doomed: string[] = [];
  for (const ref of withdrawn) doomed.push(await doom(imagesDir, ref));
  return { withdrawn, doomed, used: new Map([...before, ...after]) };
}

/**
 * settleHalfWithdrawn decides over versions that a killed process had taken out of sight, and returns
 * the folders to delete. Needs the store's lock.
 */
export async function settleHalfWithdrawn(
  imagesDir: string,
  findUsers: FindUsers,
): Promise<readonly string[]> {
  const entries = (await storeEntries(imagesDir)).map((name) => entryOf(imagesDir, name));
  const leaving = entries.flatMap((entry) => (entry.is === 'leaving' ? [entry.ref] : []));
  const doomed = entries.flatMap((entry) => (entry.is === 'doomed' ? [entry.path] : []));
  if (leaving.length === 0) return doomed;
  const used = usedAmong(leaving, await findUsers());
  for (const ref of leaving) {
    if (used.has(ref)) await putBack(imagesDir, ref);
    else doomed.push(await doom(imagesDir, ref));
  }
  return doomed;
}
