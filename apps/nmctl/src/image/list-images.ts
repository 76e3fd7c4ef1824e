/** `nmctl image`: what slivers are made of, read from the disk without any daemon. */
import {
  type ImageStore,
  type ImageUsers,
  type ImageVersion,
  isImageVersion,
  readStore,
  removeImage,
} from '@nodemgr/images';
import { IMAGE_NAME_RULE, isImageName } from '@nodemgr/records';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { attempt, refuseUsage, storeOf } from './image-store.ts';
import { renderImages, renderNoImages, renderRemoved } from './render-images.ts';

/** Returns everything that is wrong with the store. */
function troublesOf(
  { images, damaged }: ImageStore,
  { of, unclear }: ImageUsers,
): readonly string[] {
  const there = new Set<ImageVersion>(images.map(({ ref }) => ref));
  const broken = new Set<ImageVersion>(damaged.map(({ ref }) => ref));
  const homeless = [...of].filter(([ref]) => !there.has(ref) && !broken.has(ref));
  return [
    ...damaged.map(({ ref, why }) => `${ref} cannot be used: ${why}`),
    ...homeless.map(([ref, users]) => `${ref} is gone, and used by ${users.join(', ')}`),
    ...unclear,
  ];
}

function toJson({ images, damaged }: ImageStore, { of }: ImageUsers, troubles: readonly string[]) {
  return {
    images: images.map(({ name, number, ref, importedAt, source, size }) => ({
      name,
      version: number,
      ref,
      imported_at: importedAt,
      source,
      size_kib: size,
      users: of.get(ref) ?? [],
    })),
    damaged,
    troubles,
  };
}

/** Prints every version, and on stderr what is wrong; exits with `trouble` when something is. */
export async function listImages(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const { imagesDir, findUsers } = storeOf(session);
  return attempt(session, async () => {
    const [store, users] = await Promise.all([readStore(imagesDir), findUsers()]);
    const troubles = troublesOf(store, users);
    if (json) terminal.printJson(toJson(store, users, troubles));
    else if (store.images.length + store.damaged.length === 0) terminal.print(renderNoImages());
    else terminal.print(renderImages(store.images, users, terminal.page));
    for (const trouble of troubles) terminal.complain(trouble);
    return troubles.length === 0 ? EXIT.ok : EXIT.trouble;
  });
}

/** Removes an image or one version of it, and prints which versions went. */
export async function removeImages(session: Session, what: string): Promise<ExitCode> {
  const { terminal, json } = session;
  if (!isImageName(what) && !isImageVersion(what)) {
    return refuseUsage(
      session,
      `bad image '${what}': NAME or NAME@N, with NAME of ${IMAGE_NAME_RULE}`,
    );
  }
  const store = storeOf(session);
  return attempt(session, async () => {
    const removed = await removeImage({ ...store, what });
    if (json) terminal.printJson({ removed });
    else terminal.print(renderRemoved(removed));
    return EXIT.ok;
  });
}
