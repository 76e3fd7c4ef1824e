/** Writes a file so that whoever reads it finds the old text or the new one, and never a part. */
import { rename, rm, writeFile } from 'node:fs/promises';

/** replaceFile writes `text` to `path`, with the permissions `mode` where it has to be hidden from others. */
export async function replaceFile(path: string, text: string, mode = 0o644): Promise<void> {
  // One that a crash has left, or that somebody else has laid there, keeps its own permissions.
  await rm(`${path}.tmp`, { force: true });
  await writeFile(`${path}.tmp`, text, { mode, flag: 'wx' });
  await rename(`${path}.tmp`, path);
}
