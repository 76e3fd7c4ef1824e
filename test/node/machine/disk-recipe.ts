/** What is on the disk of the machine, as data, and the name of exactly that content. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import type { PackageSources } from './package-sources.ts';

/** Files that are copied over the system as they are. */
export const ROOT_FILES = 'tools/node-machine/root';
/** The build itself: a change of it makes another disk. */
const BUILD_SOURCES = ['build-disk.ts', 'disk-recipe.ts'].map(
  (name) => `test/node/machine/${name}`,
);

/** Any Debian node has these, whatever runs on it. */
const SYSTEM = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'udev',
  'kmod',
  'libpam-systemd',
  'libnss-systemd',
  'iproute2',
  'openssh-server',
  'openssh-client',
  'initramfs-tools',
];
/** What the tests (and a newcomer) look around with. */
const OBSERVERS = [
  'procps',
  'psmisc',
  'quota',
  'e2fsprogs',
  'python3',
  'bash-completion',
  'man-db',
  'less',
  'nano',
];

/**
 * The package list of the default image, as README documents it: `mmdebstrap --variant=minbase
 * --include=… trixie default.tar`.
 */
const IMAGE = ['openssh-sftp-server', 'procps', 'python3'];

export interface DiskRecipe {
  /** Installed on the node. */
  readonly packages: readonly string[];
  /** Installed in the default image of its slivers. */
  readonly imagePackages: readonly string[];
  readonly sources: PackageSources;
  /** Names the content. */
  readonly key: string;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}

/** diskRecipe returns what goes on the disk of a node that needs these packages, `dependencies`, beside Debian's own. */
export function diskRecipe(
  { kernelPackage }: Architecture,
  dependencies: readonly string[],
  sources: PackageSources,
): DiskRecipe {
  const packages = [...new Set([kernelPackage, ...SYSTEM, ...OBSERVERS, ...dependencies])].sort();
  const hash = createHash('sha256').update(JSON.stringify([packages, IMAGE, sources]));
  for (const file of [...BUILD_SOURCES, ...filesBelow(ROOT_FILES)]) {
    hash.update(`\0${file}\0`).update(readFileSync(file));
  }
  return { packages, imagePackages: IMAGE, sources, key: hash.digest('hex').slice(0, 16) };
}

/** `a (>= 1) | b, c:any`: the first choice of each (deb-control(5)). */
export function parseDependencies(field: string): readonly string[] {
  return field
    .split(',')
    .map((choice) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(choice)?.[1] ?? '')
    .filter((name) => name !== '');
}
