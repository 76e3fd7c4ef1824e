/** A program called `ssh` for tests, in a folder of its own, that leads to a delegate's shell on this machine. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** run runs a program to its end and returns what it said. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { input = '', ...rest } = options;
  const [program = '', ...args] = argv;
  const child = spawn(program, args, rest);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  // A program may end without reading its input.
  child.stdin.on('error', () => undefined).end(input);
  const [code] = await once(child, 'close');
  return { code, ...said };
}

/** Where python3 really is: as another user a version manager's launcher of one's own is out of reach. */
function pythonFolder(): string {
  const asked = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  });
  return resolve(asked.stdout.trim(), '..');
}

export class SshStandIn {
  /** The working directory of a machine that knows nothing of the node manager. */
  readonly folder = mkdtempSync(join(tmpdir(), 'ssh-'));
  readonly #note = join(this.folder, 'arguments.json');
  readonly shell = join(this.folder, 'forward_api_calls');
  readonly env: Readonly<Record<string, string>>;

  /** `uid`: who the delegate is on this machine; undefined: whoever runs the test. */
  constructor(apiSocket: string, uid: number | undefined) {
    chmodSync(this.folder, 0o755);
    this.#makeShell(apiSocket);
    const program = join(this.folder, 'ssh');
    copyFileSync('test/support/ssh_stand_in.py', program);
    chmodSync(program, 0o755);
    // It finds python3 by env(1).
    symlinkSync(join(pythonFolder(), 'python3'), join(this.folder, 'python3'));
    this.env = {
      PATH: `${this.folder}:/usr/bin:/bin`,
      HOME: '/nonexistent',
      SSH_STAND_IN_SHELL: this.shell,
      SSH_STAND_IN_NOTE: this.#note,
      ...(uid === undefined ? {} : { SSH_STAND_IN_UID: String(uid) }),
    };
  }

  /** A login shell takes no options: its socket is compiled in. */
  #makeShell(apiSocket: string): void {
    const args = ['-C', 'native', `OUT=${this.folder}`, `API_SOCKET=${apiSocket}`, this.shell];
    const made = spawnSync('make', args, { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`make ${args.join(' ')}: ${made.stderr}`);
    chmodSync(this.shell, 0o755); // The delegate must be able to run it, whatever the umask.
  }

  /** run runs a program on a machine where this is ssh. */
  run(...argv: readonly string[]): Promise<Ended> {
    return run(argv, { env: this.env, cwd: this.folder });
  }

  /** request hands a request to ssh as a person at a prompt does. */
  request(input: string, account = 'del_snoop@node'): Promise<Ended> {
    const { env, folder: cwd } = this;
    return run([join(cwd, 'ssh'), account], { input, env, cwd });
  }

  /** nmctl runs the bundle without any configuration of a node. */
  nmctl(...args: readonly string[]): Promise<Ended> {
    return this.run(process.execPath, resolve('dist/apps/nmctl/main.cjs'), ...args);
  }

  /** The arguments of the last ssh; undefined when there was none. */
  get lastArguments(): readonly string[] | undefined {
    if (!existsSync(this.#note)) return undefined;
    return JSON.parse(readFileSync(this.#note, 'utf8'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
