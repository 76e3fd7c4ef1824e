/**
 * Makes of a checked tree what every sliver of it can start from: mount points, no identity of its own,
 * nothing where the container mounts over. Nobody else writes to the tree, and no link in it is followed.
 */
import { chmod, chown, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageProblem } from './image-problem.ts';
import { runTool } from './run-tool.ts';

/** Folders that there must be, parents first, with the modes of Debian's base-files. */
const FOLDERS: Readonly<Record<string, number>> = {
  proc: 0o755,
  sys: 0o755,
  dev: 0o755,
  run: 0o755,
  tmp: 0o1777,
  root: 0o700,
  usr: 0o755,
  var: 0o755,
  'var/log': 0o755,
};
/** What is in them is never seen: a file system is mounted there (systemd-nspawn(1)). */
const MOUNTED_OVER = ['proc', 'sys', 'dev', 'run'];
/** Keys that all slivers of the image would share, and all their tenants could read. */
const HOST_KEY = /^ssh_host_.*_key(\.pub)?$/;

async function isMissing(root: string, folder: string): Promise<boolean> {
  try {
    if ((await lstat(join(root, folder))).isDirectory()) return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  throw new ImageProblem(`its /${folder} is no folder`);
}

async function makeFolders(root: string): Promise<void> {
  for (const [folder, mode] of Object.entries(FOLDERS)) {
    const path = join(root, folder);
    if (await isMissing(root, folder)) await mkdir(path);
    else if (folder !== 'tmp') continue;
    // Not by mkdir: the umask would have its say.
    await chmod(path, mode);
  }
}

async function emptyFolder(folder: string, signal: AbortSignal): Promise<void> {
  await runTool(['find', folder, '-xdev', '-mindepth', '1', '-delete'], signal);
}

/** An empty one says that the system has none yet (machine-id(5)). */
async function forgetMachineId(root: string): Promise<void> {
  const path = join(root, 'etc', 'machine-id');
  await rm(path, { force: true });
  await writeFile(path, '', { flag: 'wx' });
  // As above: whatever the umask.
  await chmod(path, 0o444);
}

async function forgetHostKeys(root: string): Promise<void> {
  const folder = join(root, 'etc', 'ssh');
  if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return;
  const keys = (await readdir(folder)).filter((name) => HOST_KEY.test(name));
  for (const key of keys) await rm(join(folder, key), { recursive: true });
}

/**
 * clearMountedOver empties the folders of `root` where the container mounts its own, devices included.
 * Rejects with ImageProblem when one is no folder.
 */
export async function clearMountedOver(root: string, signal: AbortSignal): Promise<void> {
  for (const folder of MOUNTED_OVER) {
    if (!(await isMissing(root, folder))) await emptyFolder(join(root, folder), signal);
  }
}

/** prepareRoot brings `root` into the state above; rejects with ImageProblem when a link is in the way. */
export async function prepareRoot(root: string): Promise<void> {
  await makeFolders(root);
  await forgetMachineId(root);
  await forgetHostKeys(root);
  // An archive may hold owner and mode of the folder that it was packed in, such as mktemp's 0700.
  await chown(root, process.geteuid?.() ?? 0, process.getegid?.() ?? 0);
  await chmod(root, 0o755);
}
