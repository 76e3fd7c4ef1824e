/** Writes a file so that whoever reads it finds the old text or the new one, and never a part. */
import { rename, writeFile } from 'node:fs/promises';

/** replaceFile writes `text` to `path`, with the permissions `mode` where it has to be hidden from others. */
export async function replaceFile(path: string, text: string, mode = 0o644): Promise<void> {
  await writeFile(`${path}.tmp`, text, { mode });
  await rename(`${path}.tmp`, path);
}
