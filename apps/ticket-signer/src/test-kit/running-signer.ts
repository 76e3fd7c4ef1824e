/** The signing server in a process of its own, as it is built, with its files in a folder that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { makeSigningKey } from './make-identities.ts';

export const MAIN = resolve('dist/apps/ticket-signer/main.cjs');
/** As its unit runs it. */
export const NODE_FLAGS = ['--jitless', '--no-expose-wasm'];
const START_MS = 30_000;

const lineSchema = z.looseObject({ msg: z.string() });
export type LogLine = z.infer<typeof lineSchema>;

/** A folder that others may pass through, with a key to sign with. */
export class SignerFolder {
  readonly folder = mkdtempSync(join(tmpdir(), 'signer-'));
  readonly key = makeSigningKey();
  readonly socket = this.path('sign.sock');
  readonly config = this.path('ticket-signer.toml');

  constructor() {
    chmodSync(this.folder, 0o755);
    this.write('key.pem', this.key.privatePem, 0o600);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string, mode = 0o644): string {
    const file = this.path(name);
    rmSync(file, { force: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  }

  /** configure writes the configuration: the places of the files, and what `more` adds. */
  configure(more: string): void {
    const signing = `[signing]\nkey_file = "${this.path('key.pem')}"\n`;
    this.write('ticket-signer.toml', `${signing}[unix]\nsocket = "${this.socket}"\n${more}`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class RunningSigner {
  /** Everything that it has said. */
  said = '';
  readonly #child: ChildProcess;

  private constructor(command: readonly string[]) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, { stdio: ['pipe', 'inherit', 'pipe'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
  }

  /** launch starts it and waits for nothing; `before` is put before the command. */
  static launch(config: string, before: readonly string[] = []): RunningSigner {
    const command = [process.execPath, ...NODE_FLAGS, MAIN, '--config', config];
    return new RunningSigner([...before, ...command, '--stop-on-stdin-eof']);
  }

  /** start waits until it serves. */
  static async start(config: string): Promise<RunningSigner> {
    const signer = RunningSigner.launch(config);
    await signer.line(({ msg }) => msg === 'ready');
    return signer;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  lines(): readonly LogLine[] {
    const whole = this.said
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'));
    return whole.map((line) => lineSchema.parse(JSON.parse(line)));
  }

  /** line returns the first line of the log that is `wanted`, when it is there. */
  async line(wanted: (line: LogLine) => boolean): Promise<LogLine> {
    const deadline = AbortSignal.timeout(START_MS);
    for (;;) {
      const found = this.lines().find(wanted);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null) throw new Error(`it has ended: ${this.said}`);
      if (this.#child.stderr === null) throw new Error('it has no standard error');
      await once(this.#child.stderr, 'data', { signal: deadline });
    }
  }

  /** listening resolves when systemd-socket-activate says that it listens at `path`. */
  async listening(path: string): Promise<void> {
    const deadline = AbortSignal.timeout(START_MS);
    while (!this.said.includes(`Listening on ${path}`)) {
      if (this.#child.stderr === null) throw new Error('it has no standard error');
      await once(this.#child.stderr, 'data', { signal: deadline });
    }
  }

  /** tlsPort returns the port that it has chosen. */
  async tlsPort(): Promise<number> {
    const { listening } = await this.line(({ msg }) => msg === 'ready');
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(String(listening)) ?? [];
    return Number(port);
  }

  /** stop ends it by a signal; returns the exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    return this.#child.exitCode;
  }
}
