/**
 * Keeps built disks by their content: the second run finds the disk of the first. A disk is complete or
 * not there, and of two runs at once one builds while the other waits.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { buildDisk } from './build-disk.ts';
import type { DiskRecipe } from './disk-recipe.ts';

/** Disks kept, the ones used last: the one before is what another branch uses. */
const KEPT = 2;
const LOCK = 'lock';
const LOCK_WAIT_SECONDS = 1800;
/** Begins the name of what is being built, or was when a run was killed. */
const UNFINISHED = 'unfinished-';

/** cacheFolder is where the XDG base directory specification puts what can be made again. */
export function cacheFolder({
  XDG_CACHE_HOME,
  HOME,
}: Readonly<Record<string, string | undefined>>): string {
  const base = XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : join(HOME ?? '/root', '.cache');
  return join(base, 'nodemgr', 'node-machine');
}

/** `cat` says that it runs, which it does once flock(1) has the lock; the lock ends with its input. */
async function holdLock(folder: string): Promise<ChildProcess> {
  const file = join(folder, LOCK);
  const holder = spawn('flock', ['--timeout', String(LOCK_WAIT_SECONDS), file, 'cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  holder.stdin.write('held\n');
  const [event] = await Promise.race([
    once(holder.stdout, 'data').then(() => ['held']),
    once(holder, 'exit').then(() => ['ended']),
  ]);
  if (event === 'ended') throw new Error(`${file}: another run has held it for too long`);
  return holder;
}

async function release(holder: ChildProcess): Promise<void> {
  const ended = once(holder, 'exit');
  holder.stdin?.end();
  await ended;
}

/** Only whoever has the lock prunes, so nothing unfinished is still being built. */
async function prune(folder: string, key: string): Promise<void> {
  const disks = readdirSync(folder).filter((name) => name !== LOCK && name !== key);
  const byUse = disks
    .filter((name) => !name.startsWith(UNFINISHED))
    .sort(
      (one, other) => statSync(join(folder, other)).mtimeMs - statSync(join(folder, one)).mtimeMs,
    );
  const kept = new Set(byUse.slice(0, KEPT - 1));
  for (const name of disks.filter((disk) => !kept.has(disk))) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function build(folder: string, recipe: DiskRecipe): Promise<void> {
  const unfinished = await mkdtemp(join(folder, UNFINISHED));
  await buildDisk(unfinished, recipe);
  await rename(unfinished, join(folder, recipe.key));
}

/** cachedDisk returns the folder with the disk of this recipe, built now if it is not there. */
export async function cachedDisk(
  folder: string,
  recipe: DiskRecipe,
  tell: (line: string) => void,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const disk = join(folder, recipe.key);
  const lock = await holdLock(folder);
  try {
    if (!existsSync(disk)) {
      await prune(folder, recipe.key);
      tell(`building a Debian disk (once; it is kept in ${disk})`);
      await build(folder, recipe);
    }
    const now = new Date();
    await utimes(disk, now, now);
    return disk;
  } finally {
    await release(lock);
  }
}
