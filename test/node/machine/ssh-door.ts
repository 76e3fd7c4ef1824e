/**
 * One user's way into the machine: commands over one ssh connection that is kept open, because making
 * one takes an emulated machine a second.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { eventually, type Patience } from './eventually.ts';
import { type Finished, type RunOptions, run, runWell } from './run-command.ts';

export interface Door {
  readonly user: string;
  readonly port: number;
  readonly keyFile: string;
  /** Where the kept connection is found; a connection for each command without it. */
  readonly controlPath?: string;
  /** How long a connection may take to be made, greeting and keys included. */
  readonly connectSeconds?: number;
  /** Sockets here that lead to sockets in the machine: [here, there]. */
  readonly sockets?: readonly (readonly [string, string])[];
}

/** The machine is on loopback and made anew for each run: there is nobody to mistake it for. */
const OPTIONS = [
  'StrictHostKeyChecking=no',
  'UserKnownHostsFile=/dev/null',
  'LogLevel=ERROR',
  'BatchMode=yes',
  'IdentitiesOnly=yes',
  'ServerAliveInterval=15',
  'ServerAliveCountMax=8',
  'StreamLocalBindUnlink=yes',
].flatMap((option) => ['-o', option]);

/** QEMU accepts for a machine that does not listen yet: such an attempt is given up and made anew. */
const CONNECT_SECONDS = 15;

/** sshArguments returns what every ssh, scp or sftp by this door begins with; the port flag differs. */
export function sshArguments({
  keyFile,
  controlPath = 'none',
  connectSeconds = CONNECT_SECONDS,
}: Door): readonly string[] {
  const own = ['-o', `ConnectTimeout=${connectSeconds}`, '-o', `ControlPath=${controlPath}`];
  return ['-F', 'none', '-i', keyFile, ...OPTIONS, ...own];
}

/** ssh(1) joins its arguments with spaces for a shell over there. */
export function quoted(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

export class SshDoor {
  #master: ChildProcess | undefined;

  constructor(readonly door: Door) {}

  #argv(...more: readonly string[]): readonly string[] {
    const { port, user } = this.door;
    return [
      'ssh',
      ...sshArguments(this.door),
      '-p',
      String(port),
      '-l',
      user,
      ...more,
      '127.0.0.1',
    ];
  }

  /** open makes the connection that commands share, anew if there is one; waits until we are let in. */
  async open(patience: Patience): Promise<void> {
    this.close();
    await eventually(() => this.#connect(), patience);
  }

  async #connect(): Promise<void> {
    if (this.#master === undefined || this.#master.exitCode !== null) this.#spawnMaster();
    await runWell(this.#argv('-O', 'check'));
  }

  #spawnMaster(): void {
    const { sockets = [] } = this.door;
    for (const [here] of sockets) {
      if (!existsSync(dirname(here))) mkdirSync(dirname(here), { recursive: true });
    }
    const forwards = sockets.flatMap(([here, there]) => ['-L', `${here}:${there}`]);
    const [program = '', ...args] = this.#argv('-M', '-N', ...forwards);
    this.#master = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { stdio: 'ignore' });
    this.#master.on('error', () => {
      this.#master = undefined;
    });
  }

  /** run runs a command over there; a status of 255 is ssh's own: there is no machine to talk to. */
  run(argv: readonly string[], options?: RunOptions): Promise<Finished> {
    return run([...this.#argv(), quoted(argv)], options);
  }

  /** spawn runs a command that goes on: the caller reads, writes and ends it. */
  spawn(argv: readonly string[]): ChildProcess {
    const [program = '', ...args] = [...this.#argv(), quoted(argv)];
    return spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args]);
  }

  async closed(): Promise<void> {
    const master = this.#master;
    this.close();
    if (master !== undefined && master.exitCode === null && master.signalCode === null) {
      await once(master, 'exit');
    }
  }

  close(): void {
    this.#master?.kill('SIGTERM');
    this.#master = undefined;
  }
}
