/**
 * Starts a machine with disks, keys and a port of its own, and stops all of it. It boots from a built disk,
 * or goes on where one that was kept has stopped; any number may go on from the same.
 */
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import type { Architecture } from './architecture.ts';
import { DISK_FILES, makeFileSystem } from './build-disk.ts';
import { eventually } from './eventually.ts';
import { filesOf, type MachinePlace, makeKey, NodeMachine } from './node-machine.ts';
import { QemuProcess } from './qemu-process.ts';
import { askQemu } from './qmp.ts';
import { type MachineKind, renderQemu } from './render-qemu.ts';
import { runWell } from './run-command.ts';
import { quoted } from './ssh-door.ts';

/** /tmp may be memory, of which the machine takes enough. */
const PLACE = '/var/tmp';
/** Before the process id of whoever answers for a machine. */
const PREFIX = 'nodemgr-machine-';
/** Of the state disk; only what is written takes room. */
const STATE_SIZE = '8G';
/** Bytes a second: the machine's memory is written as fast as the disk takes it. */
const UNBOUNDED = 1e12;
const KEEP_MS = 300_000;

/** What the folder of a machine has in it that is not of filesOf: `memory` once it has been kept. */
const [SYSTEM_DISK, STATE_DISK, MEMORY] = ['system.qcow2', 'state.qcow2', 'memory'];
/** The empty disk that STATE_DISK begins with. */
const EMPTY_STATE = 'state.img';
const NOT_COPIED = [SYSTEM_DISK, STATE_DISK, MEMORY, EMPTY_STATE, 'serial.log', 'qmp.sock'];

async function overlay(file: string, base: string, format: 'raw' | 'qcow2'): Promise<void> {
  await runWell(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', format, '-b', base, file]);
}

async function makeNew(folder: string, disk: string): Promise<void> {
  await overlay(join(folder, SYSTEM_DISK), join(disk, DISK_FILES.disk), 'raw');
  const empty = join(folder, EMPTY_STATE);
  await makeFileSystem(empty, STATE_SIZE, ['-O', 'project,quota']);
  // Beside it, by a name without a folder: a kept machine is moved.
  await overlay(join(folder, STATE_DISK), EMPTY_STATE, 'raw');
}

/** Its keys and what else its preparation has left there come along. */
async function makeFrom(kept: string, folder: string): Promise<void> {
  for (const disk of [SYSTEM_DISK, STATE_DISK]) {
    await overlay(join(folder, disk), join(kept, disk), 'qcow2');
  }
  for (const file of await readdir(kept, { withFileTypes: true })) {
    if (!file.isFile() || NOT_COPIED.includes(file.name)) continue;
    await copyFile(join(kept, file.name), join(folder, file.name));
  }
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
  readonly kind: MachineKind;
  readonly architecture: Architecture;
  /** A folder with DISK_FILES; nothing in it is written to. */
  readonly disk: string;
  readonly network: 'isolated' | 'open';
  /** A folder that `keep` has left: the machine goes on from there and does not boot. */
  readonly kept?: string;
}

/** A machine that this process has started, and is answerable for. */
export class OwnMachine {
  private constructor(
    readonly place: MachinePlace,
    readonly qemu: QemuProcess,
  ) {}

  /** start starts the machine, and does not wait for its boot. */
  static async start(options: MachineOptions): Promise<OwnMachine> {
    await removeAbandoned();
    const folder = await mkdtemp(join(PLACE, `${PREFIX}${process.pid}-`));
    try {
      return await OwnMachine.#startIn(folder, options);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  static async #startIn(folder: string, options: MachineOptions): Promise<OwnMachine> {
    const { kind, architecture, disk, network, kept } = options;
    const place = { folder, sshPort: await freePort() };
    const { rootKey, serialLog, qmpSocket } = filesOf(place);
    if (kept === undefined) {
      await makeNew(folder, disk);
      await makeKey(rootKey);
    } else await makeFrom(kept, folder);
    const argv = renderQemu(architecture, {
      kind,
      kernel: join(disk, DISK_FILES.kernel),
      initrd: join(disk, DISK_FILES.initrd),
      systemDisk: join(folder, SYSTEM_DISK),
      stateDisk: join(folder, STATE_DISK),
      serialLog,
      qmpSocket,
      network,
      sshPort: place.sshPort,
      rootKey: readFileSync(`${rootKey}.pub`, 'utf8'),
      // QEMU reads and writes files by itself only from version 8.2 on.
      ...(kept === undefined ? {} : { incoming: `exec:exec cat ${quoted([join(kept, MEMORY)])}` }),
    });
    const own = new OwnMachine(place, await QemuProcess.start(argv, qmpSocket));
    try {
      if (kept !== undefined) await own.#goOn();
      return own;
    } catch (error) {
      own.qemu.kill();
      throw error;
    }
  }

  /** Its processors were held when it was kept, and are until it is told. */
  async #goOn(): Promise<void> {
    const { qmpSocket } = filesOf(this.place);
    await eventually(async () => {
      this.qemu.assertRunning();
      const { status } = await askQemu(qmpSocket, 'query-status');
      if (status === 'inmigrate') throw new Error('the machine is still being read');
    });
    await askQemu(qmpSocket, 'cont');
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

  /** keep ends the machine, and leaves in `kept` all that others need to go on from where it was. */
  async keep(kept: string): Promise<void> {
    const { folder } = this.place;
    const { qmpSocket } = filesOf(this.place);
    await askQemu(qmpSocket, 'stop');
    await askQemu(qmpSocket, 'migrate-set-parameters', { 'max-bandwidth': UNBOUNDED });
    const uri = `exec:exec cat >${quoted([join(kept, MEMORY)])}`;
    await askQemu(qmpSocket, 'migrate', { uri });
    const status = await eventually(
      async () => {
        const { status, ...more } = await askQemu(qmpSocket, 'query-migrate');
        if (status === 'completed' || status === 'failed') return { status, ...more };
        throw new Error(`the machine's memory is still being written: ${String(status)}`);
      },
      { timeoutMs: KEEP_MS },
    );
    if (status.status === 'failed') throw new Error(`QEMU: ${JSON.stringify(status)}`);
    await this.qemu.stop();
    await runWell(['cp', '--recursive', '--sparse=always', '--no-target-directory', folder, kept]);
  }

  /** stop ends the machine and leaves nothing of it. */
  async stop(): Promise<void> {
    await this.qemu.stop();
    await rm(this.place.folder, { recursive: true, force: true });
  }
}
