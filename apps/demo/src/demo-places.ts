/** Makes the folders of a demo. Socket paths are short on Linux, so a deep state folder gets its sockets elsewhere. */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { longestSocketPath, MAX_SOCKET_PATH } from '@nodemgr/contracts';
import type { DemoPlaces } from './demo-config.ts';

function fits(runtimeDir: string): boolean {
  return Buffer.byteLength(longestSocketPath(runtimeDir)) <= MAX_SOCKET_PATH;
}

/** What is made here all may pass through, whatever the umask: who may connect is decided further down. */
function makeOpenFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  for (let path = folder; ; path = dirname(path)) {
    chmodSync(path, 0o755);
    if (path === first) return;
  }
}

/** As much as SQLite writes at once. */
const PAGE = 'x'.repeat(4096);

/** whyNotWritable returns why nothing can be written to `folder`; undefined when a page can. */
export function whyNotWritable(folder: string): string | undefined {
  const probe = join(folder, 'probe~new');
  try {
    writeFileSync(probe, PAGE, { mode: 0o600 });
    return undefined;
  } catch (error) {
    return `nothing can be written to ${folder} (${(error as Error).message})`;
  } finally {
    rmSync(probe, { force: true });
  }
}

/** A folder of ours and nobody else's: another user could otherwise have made it first. */
function makeOwnFolder(folder: string, uid: number): void {
  makeOpenFolder(folder);
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== uid) {
    throw new Error(`${folder} is not a folder of ours; remove it or choose a shorter --state`);
  }
}

/** makePlaces makes the state and runtime folders for a demo in `stateDir` (absolute). */
export function makePlaces(stateDir: string): DemoPlaces {
  const uid = process.getuid?.() ?? 0;
  makeOpenFolder(stateDir);
  const inState = join(stateDir, 'run');
  if (fits(inState)) {
    makeOpenFolder(inState);
    return { stateDir, runtimeDir: inState, uid };
  }
  const mark = createHash('sha256').update(stateDir).digest('hex').slice(0, 12);
  const elsewhere = join(tmpdir(), `nodemgr-${uid}-${mark}`);
  if (!fits(elsewhere)) throw new Error(`no place for sockets: ${elsewhere} is too long as well`);
  makeOwnFolder(elsewhere, uid);
  return { stateDir, runtimeDir: elsewhere, uid };
}
