/** Keeps what an agent has on disk to one process: a second one would plan from a state that is not its own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { holdLock } from '@nodemgr/daemon';

/**
 * ownFolder makes `folder` where it is missing and keeps it to this process until the process ends.
 * Throws an Error that says `taken` when another process has it. The lock in the runtime directory does
 * not do: two processes may have different ones, and one state folder.
 */
export function ownFolder(folder: string, taken: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  holdLock(join(folder, 'lock'), taken);
}
