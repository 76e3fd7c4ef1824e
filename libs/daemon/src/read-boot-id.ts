/** Which boot of the machine this is. */
import { readFileSync } from 'node:fs';

/** readBootId returns what `file` (node.boot_id_file) says; throws when it cannot be read or is empty. */
export function readBootId(file: string): string {
  const bootId = readFileSync(file, 'utf8').trim();
  if (bootId === '') throw new Error(`node.boot_id_file ${file} is empty`);
  return bootId;
}
