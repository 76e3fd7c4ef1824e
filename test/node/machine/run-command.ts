/** Runs one command on this machine: an argv array, a deadline, and everything that it said. */
import { spawn } from 'node:child_process';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What the command reads; nothing unless told otherwise. */
  readonly input?: string | Buffer;
  /** After so long the command is killed (milliseconds). */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 180_000;
/** What an error shows of a command's output (characters). */
const SHOWN = 4000;

/** commandLine returns an argv array as people write it. */
export function commandLine(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)))
    .join(' ');
}

/** saidBy returns the end of what a command said, for an error. */
export function saidBy({ code, stdout, stderr }: Finished): string {
  return `status ${code}\n${`${stdout}${stderr}`.trim().slice(-SHOWN)}`;
}

/** run runs a command and resolves with how it ended; rejects when it cannot start or takes too long. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { input = '', deadlineMs = DEADLINE_MS } = options;
  const [program = '', ...args] = argv;
  return new Promise((settle, fail) => {
    const child = spawn(program, args);
    const said = { stdout: '', stderr: '' };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, deadlineMs);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text;
      });
    }
    child.on('error', (error) => {
      clearTimeout(timer);
      fail(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const finished = { code: code ?? -1, ...said };
      if (late)
        fail(new Error(`${commandLine(argv)}: not done in ${deadlineMs} ms: ${saidBy(finished)}`));
      else settle(finished);
    });
    // A command that does not read ends before it has had all: its status says how it went.
    child.stdin.on('error', () => {}).end(input);
  });
}

/** runWell is run for a command that must succeed; returns what it wrote to stdout. */
export async function runWell(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const finished = await run(argv, options);
  if (finished.code !== 0) throw new Error(`${commandLine(argv)}: ${saidBy(finished)}`);
  return finished.stdout;
}
