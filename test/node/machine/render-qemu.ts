/** Writes the command line of QEMU for the machine. Pure. */
import type { Architecture } from './architecture.ts';

export interface MachineParts {
  readonly kind: MachineKind;
  readonly kernel: string;
  readonly initrd: string;
  /** A qcow2 file; what is not in it is read from its backing file. */
  readonly systemDisk: string;
  /** Likewise. */
  readonly stateDisk: string;
  /** Where QEMU gets the state of a kept machine, which then goes on; without it the machine boots. */
  readonly incoming?: string;
  readonly serialLog: string;
  readonly qmpSocket: string;
  /** TCP port of 127.0.0.1 that leads to the machine's ssh. */
  readonly sshPort: number;
  /** The public key with which root logs in. */
  readonly rootKey: string;
  /** Whether the machine may reach beyond itself. */
  readonly network: 'isolated' | 'open';
}

/** For twenty slivers and one memory hog. */
const MEMORY_MIB = 3072;

/**
 * With the first processor set of a control group, and when the last one goes, the kernel rewrites code of its
 * page allocator (static key cpusets_enabled_key), which QEMU's emulated processors do not always survive while
 * more than one runs. So one kind of machine has no sets. The other boots on one processor; its preparation
 * makes a set that stays, and only then are the others switched on.
 */
const KINDS = {
  usual: { processors: 2, parameter: 'cgroup_disable=cpuset' },
  'with processor sets': { processors: 3, parameter: 'maxcpus=1' },
} as const;
export type MachineKind = keyof typeof KINDS;
/** The credential that systemd-tmpfiles turns into root's authorized_keys (systemd.system-credentials(7)). */
const KEY_CREDENTIAL = 'ssh.authorized_keys.root';

function kernelParameters({ console }: Architecture, { kind, rootKey }: MachineParts): string {
  const key = Buffer.from(rootKey).toString('base64');
  return [
    'root=/dev/vda rw quiet',
    `console=${console} systemd.mask=serial-getty@${console}.service`,
    // A kernel that has panicked starts anew after so many seconds.
    'panic=5',
    KINDS[kind].parameter,
    // Nothing here leaks what a processor has guessed, and guarding it costs emulation much.
    'mitigations=off',
    // There is no vsock to serve ssh on.
    'systemd.ssh_auto=no',
    `systemd.set_credential_binary=${KEY_CREDENTIAL}:${key}`,
  ].join(' ');
}

const drive = (fields: Readonly<Record<string, string>>) => [
  '-drive',
  Object.entries({ if: 'virtio', ...fields })
    // A comma ends a field; two are one (qemu(1)).
    .map(([key, value]) => `${key}=${value.replaceAll(',', ',,')}`)
    .join(','),
];

/**
 * A reset loses what the machine had not written to its disks, as a power cut does, and never more: QEMU
 * goes on, and what it was given it has. So this machine's own disk need not be waited for (`unsafe`).
 */
function disks({ systemDisk, stateDisk }: MachineParts): readonly string[] {
  return [systemDisk, stateDisk].flatMap((file) =>
    drive({ file, format: 'qcow2', cache: 'unsafe' }),
  );
}

function devices({ sshPort, network, serialLog, qmpSocket }: MachineParts): readonly string[] {
  const restrict = network === 'isolated' ? 'on' : 'off';
  return [
    '-nodefaults',
    ...['-display', 'none'],
    ...['-netdev', `user,id=uplink,restrict=${restrict},hostfwd=tcp:127.0.0.1:${sshPort}-:22`],
    ...['-device', 'virtio-net-pci,netdev=uplink'],
    ...['-device', 'virtio-rng-pci'],
    ...['-serial', `file:${serialLog}`],
    ...['-qmp', `unix:${qmpSocket},server=on,wait=off`],
  ];
}

/**
 * renderQemu returns the argv. Always emulated (`tcg`): /dev/kvm is there on machines where it hangs.
 */
export function renderQemu(architecture: Architecture, parts: MachineParts): readonly string[] {
  return [
    architecture.qemu,
    ...architecture.machine,
    ...['-accel', 'tcg,thread=multi'],
    ...['-m', String(MEMORY_MIB), '-smp', String(KINDS[parts.kind].processors)],
    ...['-kernel', parts.kernel, '-initrd', parts.initrd],
    ...['-append', kernelParameters(architecture, parts)],
    ...disks(parts),
    ...devices(parts),
    ...(parts.incoming === undefined ? [] : ['-incoming', parts.incoming]),
  ];
}
