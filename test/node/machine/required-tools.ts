/** Sees to it that this machine has what building and running the other one takes. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { commandLine, run, runWell, saidBy } from './run-command.ts';

/** Names of one machine architecture, as Node.js, Debian and QEMU have them. */
export interface Architecture {
  readonly qemu: string;
  readonly qemuPackage: string;
  /** Debian's small kernel for virtual machines. */
  readonly kernelPackage: string;
  /** What QEMU is told about the machine. */
  readonly machine: readonly string[];
  readonly console: string;
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: {
    qemu: 'qemu-system-x86_64',
    qemuPackage: 'qemu-system-x86',
    kernelPackage: 'linux-image-cloud-amd64',
    machine: ['-machine', 'q35', '-cpu', 'max'],
    console: 'ttyS0',
  },
  arm64: {
    qemu: 'qemu-system-aarch64',
    qemuPackage: 'qemu-system-arm',
    kernelPackage: 'linux-image-cloud-arm64',
    // Computing pointer authentication as the real thing does makes emulation several times slower.
    machine: ['-machine', 'virt', '-cpu', 'max,pauth-impdef=on'],
    console: 'ttyAMA0',
  },
};

/** architectureOf returns the names for one of Node.js's (`process.arch`); throws for others. */
export function architectureOf(arch: string): Architecture {
  const known = ARCHITECTURES[arch];
  if (known !== undefined) return known;
  throw new Error(
    `no machine can be built for ${arch}; for ${Object.keys(ARCHITECTURES).join(' and ')} one can`,
  );
}

/** Program (or file) and the package that has it. */
function required({ qemu, qemuPackage }: Architecture): readonly (readonly [string, string])[] {
  return [
    [qemu, qemuPackage],
    ['qemu-img', 'qemu-utils'],
    ['mmdebstrap', 'mmdebstrap'],
    ['mke2fs', 'e2fsprogs'],
    ['ssh', 'openssh-client'],
    ['ssh-keygen', 'openssh-client'],
    ['dpkg-deb', 'dpkg'],
    ['flock', 'util-linux'],
    ['setpriv', 'util-linux'],
    ['openssl', 'openssl'],
    ['python3', 'python3'],
    ['lintian', 'lintian'],
    ['/usr/share/keyrings/debian-archive-keyring.gpg', 'debian-archive-keyring'],
  ];
}

/** mke2fs is where only root's PATH looks. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin'];

function isHere(name: string, path: string): boolean {
  if (name.startsWith('/')) return existsSync(name);
  return [...path.split(delimiter), ...SYSTEM_FOLDERS].some((folder) =>
    existsSync(join(folder, name)),
  );
}

async function install(packages: readonly string[]): Promise<void> {
  const noninteractive = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  const command = ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages];
  const deadlineMs = 900_000;
  const first = await run([...noninteractive, ...command], { deadlineMs });
  if (first.code === 0) return;
  // The lists of a machine that has not been used for a while name packages that are gone.
  await runWell(['apt-get', 'update'], { deadlineMs });
  const second = await run([...noninteractive, ...command], { deadlineMs });
  if (second.code === 0) return;
  throw new Error(`${commandLine(command)} fails, and is needed: ${saidBy(second)}`);
}

export interface Installer {
  readonly uid: number;
  readonly path: string;
  /** Tells people what goes on. */
  readonly tell: (line: string) => void;
}

/** haveTools installs what is missing; throws with what that is when it cannot. */
export async function haveTools(
  architecture: Architecture,
  { uid, path, tell }: Installer,
): Promise<void> {
  const missing = required(architecture).filter(([name]) => !isHere(name, path));
  const packages = [...new Set(missing.map(([, name]) => name))];
  const wanted = `missing: ${packages.join(', ')}`;
  if (uid !== 0) {
    const also = packages.length === 0 ? '' : ` (and ${wanted})`;
    throw new Error(`building a Debian machine needs root${also}: run it as root`);
  }
  if (packages.length === 0) return;
  if (!isHere('apt-get', path)) {
    throw new Error(`${wanted}; there is no apt-get here to install them with`);
  }
  tell(`installing ${packages.join(', ')}`);
  await install(packages);
}
