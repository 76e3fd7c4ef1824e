// A node in a temporary folder: the real programs, built to look there, and a stand-in for
// systemd-nspawn. Needs root, cgroup v2 somewhere, and a kernel with overlays and shifted mounts.
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { needs, type Wanting } from '@nodemgr/testkit';
import { makeImage } from './an-image.ts';
import { eventually } from './eventually.ts';

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An account as the node's files tell of it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly shell?: string;
  /** The 8th field of shadow(5): empty for never. */
  readonly expires?: string;
  readonly shadow?: boolean;
  /** Whole lines of subuid(5). */
  readonly subuid?: readonly string[];
}

const PROGRAMS = ['sliver-shell', 'sliver-run', 'sliver-init', 'nspawn-stand-in'] as const;

function cgroupRoot(): string {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts.find((line) => line.split(' ')[2] === 'cgroup2')?.split(' ')[1] ?? '';
}

/** What is missing here to run containers. */
export const containerNeeds = (): Wanting =>
  needs('root', 'cgroup v2', 'a kernel with overlays', 'procps');

export const baseOf = (uid: number): number => 1_900_000_000 + (uid - 39_000) * 65_536;

async function textOf(stream: AsyncIterable<Buffer> | null): Promise<string> {
  const parts: Buffer[] = [];
  if (stream !== null) for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Its exit status; null when a signal ended it. It may have ended already. */
async function statusOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const [status, stdout, stderr] = await Promise.all([
    statusOf(child),
    textOf(child.stdout),
    textOf(child.stderr),
  ]);
  return { status, stdout, stderr };
}

export class ANode {
  readonly folder: string;
  readonly slice = `nodemgr-test-${process.pid}`;
  readonly cgroup = join(cgroupRoot(), this.slice);
  #accounts: readonly Account[] = [];

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'nodemgr-node-'));
    chmodSync(this.folder, 0o755); // The accounts must be able to run their shell.
    for (const name of ['etc', 'run/api', 'run/mnt', 'state/accounts', 'state/slivers'])
      mkdirSync(join(this.folder, name), { recursive: true });
    mkdirSync(this.cgroup);
    this.#build();
    makeImage(join(this.folder, 'state/images/default@1/root'));
  }

  /** running returns a node with these accounts, whose slivers run. */
  static async running(...accounts: readonly Account[]): Promise<ANode> {
    const node = new ANode();
    node.setAccounts(...accounts);
    for (const { name } of accounts) await node.startSliver(name);
    return node;
  }

  get shell(): string {
    return join(this.folder, 'lib/sliver-shell');
  }

  #build(): void {
    const lib = join(this.folder, 'lib');
    const places = {
      OUT: lib,
      LIB_DIR: lib,
      ETC_DIR: join(this.folder, 'etc'),
      STATE_DIR: join(this.folder, 'state'),
      RUN_DIR: join(this.folder, 'run'),
      CGROUP_ROOT: cgroupRoot(),
      SLICE: this.slice,
      NSPAWN: join(lib, 'nspawn-stand-in'),
    };
    const values = Object.entries(places).map(([name, value]) => `${name}=${value}`);
    const targets = PROGRAMS.map((name) => join(lib, name));
    const options = ['-s', '-C', resolve(__dirname, '..')];
    const built = spawnSync('make', [...options, ...values, ...targets], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
    chmodSync(this.shell, 0o4755);
  }

  /** Makes these the accounts of the node, each with our record. */
  setAccounts(...accounts: readonly Account[]): void {
    this.#accounts = accounts;
    const etc = (name: string, lines: readonly string[]) =>
      writeFileSync(join(this.folder, 'etc', name), lines.map((line) => `${line}\n`).join(''));
    const { shell } = this;
    etc(
      'passwd',
      accounts.map((one) => `${one.name}:x:${one.uid}:${one.uid}::/:${one.shell ?? shell}`),
    );
    const withShadow = accounts.filter(({ shadow }) => shadow !== false);
    etc(
      'shadow',
      withShadow.map(({ name, expires = '' }) => `${name}:*:20000:0:99999:7::${expires}:`),
    );
    etc(
      'subuid',
      accounts.flatMap(({ name, uid, subuid }) => subuid ?? [`${name}:${baseOf(uid)}:65536`]),
    );
    for (const { name } of accounts) {
      writeFileSync(this.record(name), '{}\n');
      writeFileSync(this.starts(name), '0\n');
    }
  }

  record(name: string): string {
    return join(this.folder, 'state/accounts', `${name}.json`);
  }

  /** Says that it has been started before. */
  starts(name: string): string {
    return join(this.folder, 'state/accounts', `${name}.starts`);
  }

  /** What account-supervisor has noted for logins, where it has. */
  loginNote(name: string): string {
    return join(this.folder, 'state/accounts', `${name}.login`);
  }

  get apiSocket(): string {
    return join(this.folder, 'run/api/api.sock');
  }

  sliverFolder(name: string): string {
    return join(this.folder, 'state/slivers', name);
  }

  unit(name: string): string {
    return join(this.cgroup, `nodemgr-sliver@${name}.service`);
  }

  uidOf(name: string): number {
    const account = this.#accounts.find((one) => one.name === name);
    if (account === undefined) throw new Error(`no account ${name} on this node`);
    return account.uid;
  }

  /** Starts the shell as the account's user would. */
  start(name: string, values: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const uid = this.uidOf(name);
    return spawn(this.shell, values, { uid, gid: uid, cwd: '/', ...options });
  }

  /** Runs one command in the sliver, with `input` as its standard input. */
  async run(
    name: string,
    command: string,
    options: SpawnOptions = {},
    input = '',
  ): Promise<Outcome> {
    const child = this.start(name, ['-c', command], options);
    child.stdin?.on('error', () => {}); // Its outcome says why it did not read.
    child.stdin?.end(input);
    return await outcomeOf(child);
  }

  makeFiles(name: string, initscript?: string): void {
    const base = baseOf(this.uidOf(name));
    for (const part of ['upper', 'work', 'boot'])
      mkdirSync(join(this.sliverFolder(name), part), { recursive: true });
    chownSync(join(this.sliverFolder(name), 'upper'), base, base);
    this.setInitscript(name, initscript);
  }

  setInitscript(name: string, initscript?: string): void {
    const file = join(this.sliverFolder(name), 'boot/rc.vinit');
    if (initscript === undefined) rmSync(file, { force: true });
    else writeFileSync(file, initscript);
  }

  environment(name: string): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      NODEMGR_MACHINE: name.replaceAll(/[._]/g, '-'),
      NODEMGR_BASE: `${baseOf(this.uidOf(name))}`,
      NODEMGR_IMAGE: 'default@1',
    };
  }

  /** Starts sliver-run in the unit's cgroup, as systemd would. */
  startUnit(name: string, environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const unit = this.unit(name);
    mkdirSync(unit, { recursive: true });
    const join_and_run = 'echo $$ > "$0/cgroup.procs" && exec "$1" "$2"';
    const program = join(this.folder, 'lib/sliver-run');
    return spawn('sh', ['-c', join_and_run, unit, program, name], {
      env: { ...this.environment(name), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Starts a sliver and waits until it can be entered. */
  async startSliver(name: string, initscript?: string): Promise<ChildProcess> {
    this.makeFiles(name, initscript);
    const unit = this.startUnit(name);
    await eventually(async () => {
      const { status, stderr } = await this.run(name, 'true');
      if (unit.exitCode !== null) throw new Error(`sliver-run ended: ${await textOf(unit.stderr)}`);
      if (status !== 0) throw new Error(stderr);
    });
    return unit;
  }

  /** Puts ordinary processes of the node where those of a sliver would be, until `stop`. */
  async startImpostor(name: string): Promise<void> {
    const unit = this.unit(name);
    for (const part of ['supervisor', 'payload']) mkdirSync(join(unit, part), { recursive: true });
    const script =
      'echo $$ > "$0/supervisor/cgroup.procs"; sleep 1000 & echo $! > "$0/payload/cgroup.procs"; echo; wait';
    const impostor = spawn('sh', ['-c', script, unit], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(impostor.stdout, 'data');
  }

  /** Process 1 of a sliver, as the node counts. */
  initOf(name: string): number {
    const [first] = readFileSync(join(this.unit(name), 'payload/cgroup.procs'), 'utf8').split('\n');
    return Number(first);
  }

  /** Ends all that runs in a unit or in the whole node, and removes its cgroups. */
  async kill(folder: string): Promise<void> {
    if (!existsSync(folder)) return;
    writeFileSync(join(folder, 'cgroup.kill'), '1');
    await eventually(() => {
      if (!readFileSync(join(folder, 'cgroup.events'), 'utf8').includes('populated 0'))
        throw new Error(`${folder} still has processes`);
    });
    const remove = (path: string): void => {
      for (const entry of readdirSync(path, { withFileTypes: true }))
        if (entry.isDirectory()) remove(join(path, entry.name));
      rmdirSync(path);
    };
    remove(folder);
  }

  async stop(name: string): Promise<void> {
    await this.kill(this.unit(name));
  }

  async dispose(): Promise<void> {
    await this.kill(this.cgroup);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
