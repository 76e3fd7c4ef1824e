/** Keeps the key that demo-plc knows its nodes by, all of them, in a folder: only who reads it may ask. */
import { randomBytes } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './replace-file.ts';

const NAME = 'node.key';
const KEY_BYTES = 32;

export interface NodeKey {
  readonly file: string;
  readonly key: string;
}

/** nodeKeyFile returns the key kept in `folder`, which has to be there; made now if need be. */
export async function nodeKeyFile(folder: string): Promise<NodeKey> {
  const file = join(folder, NAME);
  try {
    const key = (await readFile(file, 'utf8')).trim();
    await chmod(file, 0o600);
    if (key !== '') return { file, key };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(KEY_BYTES).toString('base64url');
  await replaceFile(file, `${key}\n`, 0o600);
  return { file, key };
}
