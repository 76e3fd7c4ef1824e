/**
 * Follows a path inside an image as a program in the sliver would: links lead from the image's own root
 * and never out of it. The tree must be one that nobody else is writing to.
 */
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** As many as the kernel follows (path_resolution(7)). */
const MAX_LINKS = 40;

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

/** The target of the link at `path`, or undefined when it is no link. Rejects when nothing is there. */
async function linkAt(path: string): Promise<string | undefined> {
  return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
}

/**
 * resolveInside returns where `path` is, on this machine, when `root` is `/`. Rejects, as lstat(2) does
 * (ENOENT, ENOTDIR), when it leads nowhere, and with ELOOP when its links have no end.
 */
export async function resolveInside(root: string, path: string): Promise<string> {
  const left = partsOf(path);
  let done: readonly string[] = [];
  let links = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    if (part === '.') continue;
    if (part === '..') {
      done = done.slice(0, -1);
      continue;
    }
    const target = await linkAt(join(root, ...done, part));
    if (target === undefined) {
      done = [...done, part];
      continue;
    }
    links += 1;
    if (links > MAX_LINKS)
      throw Object.assign(new Error(`${path}: too many links`), { code: 'ELOOP' });
    if (target.startsWith('/')) done = [];
    left.unshift(...partsOf(target));
  }
  return join(root, ...done);
}
