/** The machine, for whoever tests it: commands in it, files, its power switch. Any process may have one. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, type Patience } from './eventually.ts';
import { askQemu } from './qmp.ts';
import { type Finished, type RunOptions, run, runWell, saidBy } from './run-command.ts';
import { quoted, SshDoor, sshArguments } from './ssh-door.ts';

/** What it takes to find a machine that runs; plain data, for other processes. */
export interface MachinePlace {
  /** Keys, sockets and the serial log are here. */
  readonly folder: string;
  readonly sshPort: number;
}

/** filesOf names what is in the folder of a machine. */
export function filesOf({ folder }: MachinePlace) {
  return {
    rootKey: join(folder, 'root.key'),
    serialLog: join(folder, 'serial.log'),
    qmpSocket: join(folder, 'qmp.sock'),
    /** A snapshot, in JSON: see snapshot.ts. */
    beforeInstall: join(folder, 'before-install.json'),
  };
}

/** Emulated, beside other work: 20 s on an idle machine. */
const BOOT_MS = 300_000;
/** Of one attempt to connect to a machine that may still be booting. */
const CONNECT_MS = 20_000;
const SERIAL_TAIL_LINES = 40;

export class NodeMachine {
  readonly #root: SshDoor;
  readonly #files;

  /** `sockets`: pairs [here, in the machine] that are led through for as long as this one is open. */
  constructor(
    readonly place: MachinePlace,
    sockets: readonly (readonly [string, string])[] = [],
  ) {
    this.#files = filesOf(place);
    this.#root = new SshDoor({
      user: 'root',
      port: place.sshPort,
      keyFile: this.#files.rootKey,
      controlPath: join(place.folder, `root-${process.pid}`),
      sockets,
    });
  }

  /** open waits until the machine has booted, and connects to it. */
  async open(patience: Patience = { timeoutMs: BOOT_MS }): Promise<void> {
    await this.#root.open(patience);
    // Ends when the boot has: 'running', or 'degraded' when a unit failed. What failed is the test's.
    await this.ssh(['systemctl', 'is-system-running', '--wait'], { deadlineMs: BOOT_MS });
  }

  /** close ends the connections; the machine goes on. */
  close(): Promise<void> {
    return this.#root.closed();
  }

  /** ssh runs a command as root. */
  ssh(argv: readonly string[], options?: RunOptions): Promise<Finished> {
    return this.#root.run(argv, options);
  }

  /** root runs a command as root that must succeed; returns its stdout without the last line's end. */
  async root(argv: readonly string[], options?: RunOptions): Promise<string> {
    const finished = await this.ssh(argv, options);
    if (finished.code !== 0)
      throw new Error(`in the machine: ${quoted(argv)}: ${saidBy(finished)}`);
    return finished.stdout.trimEnd();
  }

  /** spawn runs a command as root that goes on: the caller reads, writes and ends it. */
  spawn(argv: readonly string[]): ChildProcess {
    return this.#root.spawn(argv);
  }

  /** shell runs a script of sh(1) as root that must succeed; returns its stdout. */
  shell(script: string, options?: RunOptions): Promise<string> {
    return this.root(['sh', '-euc', script], options);
  }

  /** doorOf returns a way in for another user; until it is opened each command makes a connection of its own. */
  doorOf(user: string, keyFile: string): SshDoor {
    const controlPath = join(this.place.folder, `${user}-${process.pid}`);
    return new SshDoor({ user, port: this.place.sshPort, keyFile, controlPath });
  }

  /** sshAs runs a command as another user. */
  sshAs(
    user: string,
    keyFile: string,
    argv: readonly string[],
    options?: RunOptions,
  ): Promise<Finished> {
    return this.doorOf(user, keyFile).run(argv, options);
  }

  /** scpAs copies a file from here as another user; `there` is a path in what that user sees. */
  scpAs(user: string, keyFile: string, here: string, there: string): Promise<Finished> {
    const port = this.place.sshPort;
    const options = ['-P', String(port), ...sshArguments({ user, port, keyFile })];
    return run(['scp', ...options, here, `${user}@127.0.0.1:${there}`]);
  }

  /** copyIn copies a file from here. */
  async copyIn(here: string, there: string): Promise<void> {
    await this.write(there, readFileSync(here));
  }

  /** write replaces a file in the machine as a whole, at once. */
  async write(there: string, content: string | Buffer): Promise<void> {
    await this.root(['sh', '-euc', 'cat >"$1.new"; mv "$1.new" "$1"', 'write', there], {
      input: content,
    });
  }

  read(there: string): Promise<string> {
    return this.root(['cat', there]);
  }

  bootId(): Promise<string> {
    return this.read('/proc/sys/kernel/random/boot_id');
  }

  /** powerCut resets the machine without a word to anything in it. Waits for the next boot. */
  async powerCut(): Promise<void> {
    const before = await this.bootId();
    await askQemu(this.#files.qmpSocket, 'system_reset');
    await this.#bootedAfter(before);
  }

  /** boundStateDisk makes the disk with the slivers' files as fast as `bps` bytes and `iops` requests a second; 0: unbounded. */
  async boundStateDisk({
    bps,
    iops,
  }: {
    readonly bps: number;
    readonly iops: number;
  }): Promise<void> {
    await askQemu(this.#files.qmpSocket, 'block_set_io_throttle', {
      // As QEMU calls the second `-drive` of render-qemu.ts by itself.
      ...{ device: 'virtio1', bps, bps_rd: 0, bps_wr: 0 },
      ...{ iops, iops_rd: 0, iops_wr: 0 },
    });
  }

  /** reboot shuts the machine down in order, and waits for the next boot. */
  async reboot(): Promise<void> {
    const before = await this.bootId();
    await this.root(['systemctl', '--no-block', 'reboot']);
    await this.#bootedAfter(before);
  }

  async #bootedAfter(before: string): Promise<void> {
    await eventually(
      async () => {
        await this.#root.open({ timeoutMs: CONNECT_MS });
        if ((await this.bootId()) === before) throw new Error('the machine has not gone down');
      },
      { timeoutMs: BOOT_MS },
    );
    await this.open();
  }

  /** journal returns what a unit has logged since the boot. */
  journal(unit: string, ...filters: readonly string[]): Promise<string> {
    return this.root(['journalctl', '--boot', '--no-pager', '--unit', unit, ...filters]);
  }

  /** troubles returns what a reader of a failed test wants to see: warnings, and the console's end. */
  async troubles(since?: Date): Promise<string> {
    const serial = readFileSync(this.#files.serialLog, 'utf8').split('\n');
    const from = since === undefined ? [] : ['--since', `@${Math.floor(since.getTime() / 1000)}`];
    const warnings = await this.ssh(['journalctl', '-b', '-p', 'warning', '--no-pager', ...from]);
    return [
      '--- journalctl -p warning -b',
      warnings.stdout || warnings.stderr,
      '--- the end of the serial console',
      ...serial.slice(-SERIAL_TAIL_LINES),
    ].join('\n');
  }
}

/** makeKey makes a key pair, FILE and FILE.pub, without a passphrase. */
export async function makeKey(file: string): Promise<void> {
  await runWell([
    'ssh-keygen',
    '-q',
    '-t',
    'ed25519',
    '-N',
    '',
    '-C',
    'made-for-a-test',
    '-f',
    file,
  ]);
}
