/** Builds the disk of the machine, with the default image of its slivers on it, in an empty folder. */
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DiskRecipe, ROOT_FILES } from './disk-recipe.ts';
import type { PackageSources } from './package-sources.ts';
import { SUITE } from './render-sources.ts';
import { runWell } from './run-command.ts';

/** What a folder with a built disk has in it. */
export const DISK_FILES = {
  disk: 'disk.img',
  kernel: 'vmlinuz',
  initrd: 'initrd.img',
} as const;
/** Where the default image of the slivers lies on the disk, as a tarball. */
export const IMAGE_TARBALL = '/var/cache/default-image.tar';

/** Of the disk; only what is written takes room on this machine. */
const DISK_SIZE = '8G';
const BUILD_MS = 1_200_000;

/** mmdebstrap takes settings that are not to stay in the system by a hook only (mmdebstrap(1), --aptopt). */
function settingsHooks(file: string): readonly string[] {
  const inside = '/etc/apt/apt.conf.d/00build-only';
  return [
    `--setup-hook=mkdir --parents "$1/etc/apt/apt.conf.d"`,
    `--setup-hook=upload ${file} ${inside}`,
    `--customize-hook=rm "$1${inside}"`,
  ];
}

interface Debian {
  readonly suite?: string;
  readonly packages: readonly string[];
  readonly target: string;
  readonly hooks?: readonly string[];
}

/** bootstrap makes a small Debian, a folder or a tarball, with these packages. `folder` is for notes that go again. */
export async function bootstrap(
  folder: string,
  { sources }: { readonly sources: PackageSources },
  { suite = SUITE, packages, target, hooks = [] }: Debian,
): Promise<void> {
  const list = join(folder, 'sources.list');
  const settings = join(folder, 'apt.conf');
  await writeFile(list, sources.lines.map((line) => `${line}\n`).join(''));
  await writeFile(settings, sources.aptSettings);
  await runWell(
    [
      'mmdebstrap',
      '--variant=minbase',
      `--include=${packages.join(',')}`,
      ...settingsHooks(settings),
      ...hooks,
      suite,
      target,
      list,
    ],
    { deadlineMs: BUILD_MS },
  );
  await rm(list);
  await rm(settings);
}

async function installSystem(folder: string, root: string, recipe: DiskRecipe): Promise<void> {
  const hooks = [
    '--customize-hook=chroot "$1" systemctl --quiet enable systemd-networkd.service',
    '--customize-hook=chroot "$1" systemctl --quiet mask systemd-networkd-wait-online.service',
  ];
  await bootstrap(folder, recipe, { packages: recipe.packages, target: root, hooks });
  await runWell(['cp', '--recursive', '--no-preserve=ownership', `${ROOT_FILES}/.`, root]);
  await mkdir(join(root, 'var/lib/nodemgr'));
}

async function copyKernel(root: string, folder: string): Promise<void> {
  const boot = join(root, 'boot');
  const names = await readdir(boot);
  for (const [prefix, target] of [
    ['vmlinuz-', DISK_FILES.kernel],
    ['initrd.img-', DISK_FILES.initrd],
  ] as const) {
    const name = names.find((file) => file.startsWith(prefix));
    if (name === undefined) throw new Error(`the system that was built has no /boot/${prefix}*`);
    await copyFile(join(boot, name), join(folder, target));
  }
}

/** makeFileSystem makes a sparse ext4 image; with `root` what is in that folder is on it. */
export async function makeFileSystem(
  file: string,
  size: string,
  options: readonly string[],
): Promise<void> {
  await runWell(['truncate', `--size=${size}`, file]);
  // A new file reads as zeros: nothing need be written to say so.
  const zeroed = ['-E', 'assume_storage_prezeroed=1'];
  await runWell(['/sbin/mke2fs', '-q', '-t', 'ext4', ...zeroed, ...options, file], {
    deadlineMs: 300_000,
  });
}

/** buildDisk builds everything of DISK_FILES in `folder`, which must be there and empty. Needs root. */
export async function buildDisk(folder: string, recipe: DiskRecipe): Promise<void> {
  const root = join(folder, 'root');
  await installSystem(folder, root, recipe);
  await copyKernel(root, folder);
  await bootstrap(folder, recipe, {
    packages: recipe.imagePackages,
    target: join(root, IMAGE_TARBALL),
  });
  await makeFileSystem(join(folder, DISK_FILES.disk), DISK_SIZE, ['-d', root]);
  await rm(root, { recursive: true });
}
