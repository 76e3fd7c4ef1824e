/** The kinds of machine that can be emulated here; tools/machine-packages.json has what that takes. */

/** Names of one machine architecture, as Node.js, Debian and QEMU have them. */
export interface Architecture {
  readonly qemu: string;
  /** Debian's small kernel for virtual machines. */
  readonly kernelPackage: string;
  /** What QEMU is told about the machine. */
  readonly machine: readonly string[];
  readonly console: string;
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: {
    qemu: 'qemu-system-x86_64',
    kernelPackage: 'linux-image-cloud-amd64',
    // The least that runs Debian: what newer processors can do (5-level paging, AVX) costs emulation a quarter.
    machine: ['-machine', 'q35', '-cpu', 'Nehalem'],
    console: 'ttyS0',
  },
  arm64: {
    qemu: 'qemu-system-aarch64',
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
