/** Reads a file that holds a secret, and refuses one that anybody but the user of this process could have read. */
import type { Stats } from 'node:fs';
import { readBoundedFile, readBoundedFileBefore } from './read-bounded-file.ts';

const MAX_BYTES = 64 << 10;
/** Of its mode: everything but that its owner may read and write it. */
const TOO_MUCH = 0o7177;

function checkOpen(found: Stats): void {
  if ((found.mode & TOO_MUCH) !== 0) {
    const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
    throw new Error(`its mode is ${mode}; nobody but its owner may read it: wants 0400 or 0600`);
  }
  const user = process.geteuid?.();
  // Its owner could read it, and give it to others.
  if (found.uid !== user) {
    throw new Error(`it belongs to the user ${found.uid}; wants ${user}, the user of this process`);
  }
}

const BOUNDS = { maxBytes: MAX_BYTES, judge: checkOpen };

function worded(key: string, file: string, cause: unknown): Error {
  return new Error(`${key}: ${file}: ${(cause as Error).message}`, { cause });
}

/**
 * readPrivateFile returns the text of `file`, which `key` of the configuration names. Throws an Error
 * that names both when it cannot be read, or its owner or its mode lets others read it; its text is in no
 * message.
 */
export function readPrivateFile(key: string, file: string): string {
  try {
    return readBoundedFile(file, BOUNDS).toString('utf8');
  } catch (cause) {
    throw worded(key, file, cause);
  }
}

/** readPrivateFileBefore does the same beside other work, and rejects when `signal` is aborted. */
export async function readPrivateFileBefore(
  key: string,
  file: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    return (await readBoundedFileBefore(file, BOUNDS, signal)).toString('utf8');
  } catch (cause) {
    throw worded(key, file, cause);
  }
}
