/** Starts a machine on a built disk, with disks, keys and a port of its own, and stops all of it. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import type { Architecture } from './architecture.ts';
import { DISK_FILES, makeFileSystem } from './build-disk.ts';
import { filesOf, type MachinePlace, makeKey, NodeMachine } from './node-machine.ts';
import { QemuProcess } from './qemu-process.ts';
import { renderQemu } from './render-qemu.ts';
import { runWell } from './run-command.ts';

/** /tmp may be memory, of which the machine takes enough. */
const PLACE = '/var/tmp';
/** Before the process id of whoever answers for a machine. */
const PREFIX = 'nodemgr-machine-';
/** Of the state disk; only what is written takes room. */
const STATE_SIZE = '8G';

async function makeDisks(disk: string, system: string, state: string): Promise<void> {
  const base = join(disk, DISK_FILES.disk);
  await runWell(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', base, system]);
  await makeFileSystem(state, STATE_SIZE, ['-O', 'project,quota']);
}

/** Whoever is killed (SIGKILL) leaves its folder, with gigabytes in it. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(PLACE)) {
    const [, owner] = name.startsWith(PREFIX) ? (/^\D+(\d+)-/.exec(name) ?? []) : [];
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    await rm(join(PLACE, name), { recursive: true, force: true });
  }
}

export interface MachineOptions {
  readonly architecture: Architecture;
  /** A folder with DISK_FILES; nothing in it is written to. */
  readonly disk: string;
  readonly network: 'isolated' | 'open';
}

/** A machine that this process has started, and is answerable for. */
export class OwnMachine {
  private constructor(
    readonly place: MachinePlace,
    readonly qemu: QemuProcess,
  ) {}

  /** start starts the machine, and does not wait for its boot. */
  static async start({ architecture, disk, network }: MachineOptions): Promise<OwnMachine> {
    await removeAbandoned();
    const folder = await mkdtemp(join(PLACE, `${PREFIX}${process.pid}-`));
    try {
      const place = { folder, sshPort: await freePort() };
      const { rootKey, serialLog, qmpSocket } = filesOf(place);
      const systemDisk = join(folder, 'system.qcow2');
      const stateDisk = join(folder, 'state.img');
      await makeDisks(disk, systemDisk, stateDisk);
      await makeKey(rootKey);
      const argv = renderQemu(architecture, {
        kernel: join(disk, DISK_FILES.kernel),
        initrd: join(disk, DISK_FILES.initrd),
        systemDisk,
        stateDisk,
        serialLog,
        qmpSocket,
        network,
        sshPort: place.sshPort,
        rootKey: readFileSync(`${rootKey}.pub`, 'utf8'),
      });
      return new OwnMachine(place, await QemuProcess.start(argv, qmpSocket));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** booted waits for the end of the boot; returns the machine, connected. */
  async booted(sockets: readonly (readonly [string, string])[] = []): Promise<NodeMachine> {
    const machine = new NodeMachine(this.place, sockets);
    try {
      await Promise.race([machine.open(), this.qemu.untilEnd()]);
      this.qemu.assertRunning();
      return machine;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const console = readFileSync(filesOf(this.place).serialLog, 'utf8');
      throw new Error(`the machine does not boot: ${why}\nIts console:\n${console}`);
    }
  }

  /** stop ends the machine and leaves nothing of it. */
  async stop(): Promise<void> {
    await this.qemu.stop();
    await rm(this.place.folder, { recursive: true, force: true });
  }
}
