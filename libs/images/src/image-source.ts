/** What an image is made from: an archive, or a folder; looked at before anything is written. */
import { createReadStream, open as openDescriptor } from 'node:fs';
import { access, constants, realpath, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { sep } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { ImageProblem } from './image-problem.ts';

export type ImageSource =
  | {
      readonly kind: 'archive';
      /** As it is told to people. */
      readonly name: string;
      /** Opens the tar archive, compressed or not. Called once; whoever calls it closes it. */
      readonly read: () => Promise<Readable>;
    }
  | { readonly kind: 'folder'; readonly name: string; readonly path: string };

async function refuseFolderAround(folder: string, imagesDir: string): Promise<void> {
  const store = await realpath(imagesDir).catch(() => imagesDir);
  if (!`${store}${sep}`.startsWith(folder === sep ? sep : `${folder}${sep}`)) return;
  throw new ImageProblem(`${folder} holds the store of images itself (${store})`);
}

const openFile = async (path: string): Promise<Readable> => createReadStream(path);

/** As a socket, which waits without holding a thread, and so can be closed while it waits. */
async function openPipe(path: string): Promise<Readable> {
  const fd = await promisify(openDescriptor)(path, 'r');
  return new Socket({ fd, readable: true, writable: false });
}

/**
 * findSource returns what is at `path`: a tar archive (a file or a pipe) or a folder. Rejects with
 * ImageProblem when it is neither, or a folder in which the images themselves are.
 */
export async function findSource(path: string, imagesDir: string): Promise<ImageSource> {
  try {
    const found = await stat(path);
    await access(path, constants.R_OK);
    if (found.isFile() || found.isFIFO()) {
      return {
        kind: 'archive',
        name: path,
        read: found.isFIFO() ? () => openPipe(path) : () => openFile(path),
      };
    }
    if (!found.isDirectory()) throw new ImageProblem(`${path} is neither a file nor a folder`);
    const folder = await realpath(path);
    await refuseFolderAround(folder, imagesDir);
    return { kind: 'folder', name: folder, path: folder };
  } catch (error) {
    if (error instanceof ImageProblem) throw error;
    throw new ImageProblem(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
