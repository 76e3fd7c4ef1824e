/**
 * Carries one command out on this machine: a program with its arguments, a file, a quota. Waits for it,
 * and says why it failed. Decides nothing.
 */
import { spawn } from 'node:child_process';
import { type Command, type RunCommand, replaceFileDurably } from '@nodemgr/agent';
import { native } from '@nodemgr/native';

/** Longer than systemd waits for a sliver to stop before it kills it. */
const LONGEST_MS = 60_000;
/** What is kept of a program's output: its last words say why it failed. */
const MAX_OUTPUT = 64 * 1024;
const MAX_REASON = 500;

/** A program finds its own programs here, and answers in no other language. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' } as const;

/** How a program ended. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
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
 * started. It is killed when it takes longer than a minute.
 */
export function runProgram({ run: [program, ...args], stdin }: RunCommand): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: ENVIRONMENT,
      cwd: '/',
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: LONGEST_MS,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        output[stream] = (output[stream] + text).slice(-MAX_OUTPUT);
      });
    }
    child.once('error', (error) => reject(new Error(`cannot run ${program}: ${error.message}`)));
    child.once('close', (status, signal) => resolve({ status, signal, ...output }));
    // A program that ends before it has read all says so by its exit status.
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}

/** runChecked runs a program and resolves with what it printed; rejects, with its last words, when it fails. */
export async function runChecked(command: RunCommand): Promise<string> {
  const outcome = await runProgram(command);
  const { status } = outcome;
  if (status === 0 || (status !== null && command.accept?.includes(status))) return outcome.stdout;
  const [program] = command.run;
  throw new Error([`${program}: ${endOf(outcome)}`, lastWords(outcome)].filter(Boolean).join(': '));
}

/** carryOut does what `command` says; rejects with the reason when that fails. */
export async function carryOut(command: Command): Promise<void> {
  if ('write' in command) await replaceFileDurably(command.write, command.mode, command.text);
  else if ('quota' in command) {
    native().setProjectQuota(command.quota, command.project, command.hardKiB);
  } else await runChecked(command);
}
