/** Which images this node has, looked at again whenever somebody needs one. Changes nothing. */
import { type ImageVersion, listImages, newestOf, type StoredImage } from '@nodemgr/images';
import type { ImageName } from '@nodemgr/records';

export class ImageShelf {
  #images: readonly StoredImage[] = [];

  constructor(private readonly folder: string) {}

  /** look reads what is there now. */
  async look(): Promise<void> {
    this.#images = await listImages(this.folder);
  }

  /** newest returns the newest version of an image, as of the last look. */
  newest(name: ImageName): ImageVersion | undefined {
    return newestOf(name, this.#images)?.ref;
  }
}
