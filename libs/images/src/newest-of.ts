/** Decides which version a new sliver is made of. Pure. */
import type { ImageName } from '@nodemgr/records';
import type { StoredImage } from './read-store.ts';

/** newestOf returns the newest version of the image `name`, or undefined when there is none. */
export function newestOf(name: ImageName, images: readonly StoredImage[]): StoredImage | undefined {
  return images
    .filter((image) => image.name === name)
    .reduce<StoredImage | undefined>(
      (newest, image) => (newest !== undefined && newest.number > image.number ? newest : image),
      undefined,
    );
}
