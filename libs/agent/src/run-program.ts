/**
 * Runs a program of the machine with its arguments, and waits for its end. No shell; nothing of the
 * daemon's environment. Decides nothing.
 */
import { spawn } from 'node:child_process';
import type { RunCommand } from './command.ts';

/** Unless a command has its own bound: longer than systemd waits for a sliver to stop before it kills it. */
const LONGEST_MS = 60_000;
/** What is kept of a program's output unless more is asked for: its last words say why it failed. */
const MAX_OUTPUT = 64 * 1024;
const MAX_REASON = 500;

/** A program finds its own programs here, and answers in no other language. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' } as const;

/** How a program ended. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last `maxOutput` characters of what it printed. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramBounds {
  /** Characters kept of each of its outputs: the last ones. */
  readonly maxOutput?: number;
}

function lastWords({ stdout, stderr }: Outcome): string {
  const text = (stderr.trim() || stdout.trim()).replaceAll(/\s+/g, ' ');
  return text.length > MAX_REASON ? `…${text.slice(-MAX_REASON)}` : text;
}

function endOf({ status, signal }: Outcome): string {
  return signal === null ? `exit status ${status}` : `killed by ${signal}`;
}

/**
 * runProgram runs `program` and resolves when it has ended, however that was. Rejects when it cannot be
 * started. It is killed when it takes longer than a minute, or than the command's own bound.
 */
export function runProgram(
  { run: [program, ...args], stdin, longestMs = LONGEST_MS }: RunCommand,
  { maxOutput = MAX_OUTPUT }: ProgramBounds = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: ENVIRONMENT,
      cwd: '/',
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: longestMs,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        output[stream] = (output[stream] + text).slice(-maxOutput);
      });
    }
    child.once('error', (error) => reject(new Error(`cannot run ${program}: ${error.message}`)));
    child.once('close', (status, signal) => resolve({ status, signal, ...output }));
    // A program that ends before it has read all says so by its exit status.
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}

/** runChecked runs a program and resolves with what it printed; rejects, with its last words, when it fails. */
export async function runChecked(command: RunCommand, bounds?: ProgramBounds): Promise<string> {
  const outcome = await runProgram(command, bounds);
  const { status } = outcome;
  if (status === 0 || (status !== null && command.accept?.includes(status))) return outcome.stdout;
  const [program] = command.run;
  throw new Error([`${program}: ${endOf(outcome)}`, lastWords(outcome)].filter(Boolean).join(': '));
}
