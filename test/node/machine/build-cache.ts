/**
 * Keeps what takes minutes to build, disks and prepared machines, by their content: the second run finds
 * what the first has built. A build is complete or not there, and of two runs at once one builds while the
 * other waits.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** Builds kept of each kind, the ones used last: the one before is what another branch uses. */
const KEPT = 2;
const LOCK = 'lock';
const LOCK_WAIT_SECONDS = 1800;
/** Begins the name of what is being built, or was when a run was killed. */
const UNFINISHED = 'unfinished-';

/** cacheFolder is where the XDG base directory specification puts what can be made again. */
export function cacheFolder(
  { XDG_CACHE_HOME, HOME }: Readonly<Record<string, string | undefined>>,
  kind: 'bare-machine' | 'node-machine' | 'prepared-machine',
): string {
  const base = XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : join(HOME ?? '/root', '.cache');
  return join(base, 'nodemgr', kind);
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
  const builds = readdirSync(folder).filter((name) => name !== LOCK && name !== key);
  const byUse = builds
    .filter((name) => !name.startsWith(UNFINISHED))
    .sort(
      (one, other) => statSync(join(folder, other)).mtimeMs - statSync(join(folder, one)).mtimeMs,
    );
  const kept = new Set(byUse.slice(0, KEPT - 1));
  for (const name of builds.filter((build) => !kept.has(build))) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

export interface Build {
  /** Of cacheFolder. */
  readonly folder: string;
  /** Names the content. */
  readonly key: string;
  /** For people: what is built. */
  readonly what: string;
  /** Fills an empty folder, which is moved when it is complete. */
  readonly build: (folder: string) => Promise<void>;
  readonly tell: (line: string) => void;
}

/** cachedBuild returns the folder with the build of this key, built now if it is not there. */
export async function cachedBuild({ folder, key, what, build, tell }: Build): Promise<string> {
  await mkdir(folder, { recursive: true });
  const complete = join(folder, key);
  const lock = await holdLock(folder);
  try {
    if (!existsSync(complete)) {
      await prune(folder, key);
      tell(`building ${what} (once; kept in ${complete})`);
      const unfinished = await mkdtemp(join(folder, UNFINISHED));
      await build(unfinished);
      await rename(unfinished, complete);
    }
    const now = new Date();
    await utimes(complete, now, now);
    return complete;
  } finally {
    await release(lock);
  }
}
