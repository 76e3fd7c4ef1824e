/** Reads a file that says whom to trust, and refuses one that somebody else could have written. */
import type { Stats } from 'node:fs';
import { readBoundedFile } from './read-bounded-file.ts';

const WRITABLE_BY_OTHERS = 0o022;
const ROOT = 0;

/** whyUnfit returns why a file cannot say whom to trust; undefined when it can. */
function whyUnfit({ uid, mode }: Stats, ownUid: number): string | undefined {
  if (uid !== ROOT && uid !== ownUid) {
    return `it belongs to user id ${uid}; wanted is root, or the user of this process`;
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    return `its mode is ${shown}: others than its owner may write it (chmod go-w)`;
  }
  return undefined;
}

/**
 * readTrustedFile returns the text of the file at `path`. Throws an Error, whose message does not name the path, when
 * it cannot be read, has more than `maxBytes`, or may be written by others than root and the user of this process.
 * The file is opened once, so that the same file is judged and read.
 */
export function readTrustedFile(path: string, maxBytes: number): string {
  const judge = (stats: Stats): void => {
    const why = whyUnfit(stats, process.getuid?.() ?? ROOT);
    if (why !== undefined) throw new Error(why);
  };
  return readBoundedFile(path, { maxBytes, judge }).toString('utf8');
}
