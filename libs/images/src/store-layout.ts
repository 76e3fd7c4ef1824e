/**
 * Where things are in the store of images: names and paths only.
 *
 *     images/                  0755
 *       .lock                  held for the moment in which a name changes
 *       default@3/             0700: set-user-id programs in it are nobody's but the slivers'
 *         root/                the tree, with unshifted ids
 *         image.json           what it is
 *       .import-ID/            an import at work; its `lock` says that it is alive
 *         lock
 *         image/               becomes NAME@N when it is whole
 *       .leaving-default@2     taken out of sight, and its users are being looked for once more
 *       .doomed-ID             being deleted
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type ImageVersion, isImageVersion } from './image-version.ts';

const WORKSHOP = '.import-';
const LEAVING = '.leaving-';
const DOOMED = '.doomed-';

/** lockOf returns the file that is locked while a name in the store changes. */
export const lockOf = (imagesDir: string): string => join(imagesDir, '.lock');

export const folderOf = (imagesDir: string, ref: ImageVersion): string => join(imagesDir, ref);

/** imageRoot returns the folder with a version's tree: what is mounted below a sliver's own files. */
export const imageRoot = (imagesDir: string, ref: ImageVersion): string =>
  join(imagesDir, ref, 'root');

/** The paths of one import while it is at work. */
export interface Workshop {
  readonly folder: string;
  readonly lock: string;
  /** Becomes the version's folder. */
  readonly image: string;
  readonly root: string;
  readonly note: string;
}

const workshopAt = (folder: string): Workshop => {
  const image = join(folder, 'image');
  const [root, note] = [join(image, 'root'), join(image, NOTE)];
  return { folder, lock: join(folder, 'lock'), image, root, note };
};

export const NOTE = 'image.json';

export const newWorkshop = (imagesDir: string): Workshop =>
  workshopAt(join(imagesDir, `${WORKSHOP}${randomUUID()}`));
export const newDoomed = (imagesDir: string): string => join(imagesDir, `${DOOMED}${randomUUID()}`);
export const leavingOf = (imagesDir: string, ref: ImageVersion): string =>
  join(imagesDir, LEAVING + ref);

/** What an entry of the store's folder is, by its name. */
export type StoreEntry =
  | { readonly is: 'version' | 'leaving'; readonly ref: ImageVersion }
  | { readonly is: 'workshop'; readonly workshop: Workshop }
  | { readonly is: 'doomed'; readonly path: string }
  | { readonly is: 'other' };

/** entryOf tells what the entry `name` of the store at `imagesDir` is. */
export function entryOf(imagesDir: string, name: string): StoreEntry {
  if (name.startsWith(WORKSHOP))
    return { is: 'workshop', workshop: workshopAt(join(imagesDir, name)) };
  if (name.startsWith(DOOMED)) return { is: 'doomed', path: join(imagesDir, name) };
  if (isImageVersion(name)) return { is: 'version', ref: name };
  const ref = name.startsWith(LEAVING) ? name.slice(LEAVING.length) : '';
  return isImageVersion(ref) ? { is: 'leaving', ref } : { is: 'other' };
}
