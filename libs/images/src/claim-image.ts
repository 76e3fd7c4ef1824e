/**
 * Puts a new sliver on a version so that nobody removes it in the same moment. No lock is needed: the
 * sliver's note is written first and the version looked for after; whoever removes one takes it out of
 * sight first and looks for notes after (withdraw-versions.ts). One of the two sees the other.
 */
import { stat } from 'node:fs/promises';
import type { ImageName } from '@nodemgr/records';
import { ImageProblem } from './image-problem.ts';
import type { ImageVersion } from './image-version.ts';
import { newestOf } from './newest-of.ts';
import { listImages } from './read-store.ts';
import { imageRoot } from './store-layout.ts';

/** As often as the newest version may go away under a claim before it is given up. */
const ATTEMPTS = 5;

/** isThere reports whether the version `ref` can be mounted. */
export async function isThere(imagesDir: string, ref: ImageVersion): Promise<boolean> {
  try {
    return (await stat(imageRoot(imagesDir, ref))).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * claimNewest puts someone on the newest version of `name` and returns it. `note` writes the file that
 * says so (`slivers/NAME/image`, DESIGN.md, section 5); it is called again when the version went away
 * meanwhile. Rejects with ImageProblem when there is no version of that name.
 */
export async function claimNewest(claim: {
  readonly imagesDir: string;
  readonly name: ImageName;
  readonly note: (ref: ImageVersion) => Promise<void>;
}): Promise<ImageVersion> {
  const { imagesDir, name, note } = claim;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const newest = newestOf(name, await listImages(imagesDir));
    if (newest === undefined) break;
    await note(newest.ref);
    if (await isThere(imagesDir, newest.ref)) return newest.ref;
  }
  throw new ImageProblem(`there is no image ${name} in ${imagesDir}: nmctl image import makes one`);
}
