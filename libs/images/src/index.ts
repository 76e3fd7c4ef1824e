/** The store of images that slivers are made of: what is in it, and how it changes. */
export * from './claim-image.ts';
export * from './image-problem.ts';
export * from './image-source.ts';
export * from './image-users.ts';
export * from './image-version.ts';
export { type ImportOrder, type ImportProgress, importImage } from './import-image.ts';
export * from './newest-of.ts';
export {
  type DamagedImage,
  type ImageStore,
  listImages,
  readStore,
  type StoredImage,
} from './read-store.ts';
export { removeImage, removeOutdated } from './remove-image.ts';
export { imageRoot } from './store-layout.ts';
