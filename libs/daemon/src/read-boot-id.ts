/** Which boot of the machine this is. */
import { readFileSync } from 'node:fs';

/** readBootId returns the boot id in `file` (node.boot_id_file); throws when it cannot be read or is empty. */
export function readBootId(file: string): string {
  const bootId = readFileSync(file, 'utf8').trim();
  if (bootId === '') throw new Error(`node.boot_id_file ${file} is empty`);
  return bootId;
}
