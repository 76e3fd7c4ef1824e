/**
 * Runs one program of the system, without a shell, in an environment of our own. What goes through its
 * pipes is its caller's business; here it is started, stopped, and asked why it failed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { ImageProblem } from './image-problem.ts';

/** Where Debian has its programs; messages in English, as they go into ours. */
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
/** A program may complain of every file; its first words are the reason. */
const MAX_COMPLAINT = 2000;

export type Argv = readonly [program: string, ...args: string[]];

/** A program that failed; `isSecondary`: because another one went away before it. */
export class ToolFailed extends ImageProblem {
  constructor(
    message: string,
    readonly isSecondary: boolean,
  ) {
    super(message);
  }
}

export interface Tool {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when it has ended well; rejects with ToolFailed. */
  readonly ended: Promise<void>;
}

/** The first `MAX_COMPLAINT` characters that a stream says. */
function firstWords(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (words: string) => {
    if (text.length < MAX_COMPLAINT) text += words;
  });
  return () => text.slice(0, MAX_COMPLAINT).trim().replaceAll('\n', '; ');
}

function reasonOf(program: string, error: NodeJS.ErrnoException): ToolFailed {
  if (error.name === 'AbortError') return new ToolFailed(`${program} was stopped`, true);
  if (error.code === 'ENOENT') return new ToolFailed(`${program} is not installed`, false);
  return new ToolFailed(`${program}: ${error.message}`, false);
}

function endOf(child: ChildProcess, program: string, complaint: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(reasonOf(program, error)));
    child.once('close', (status, signal) => {
      if (status === 0) return resolve();
      const how = signal === null ? `exit status ${status}` : `killed by ${signal}`;
      reject(new ToolFailed(complaint() || `${program}: ${how}`, signal === 'SIGPIPE'));
    });
  });
}

/** startTool starts a program; it is killed when `signal` aborts. */
export function startTool([program, ...args]: Argv, signal: AbortSignal): Tool {
  const child = spawn(program, args, {
    env: ENVIRONMENT,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const ended = endOf(child, program, firstWords(child.stderr));
  // It may fail before its caller has come to wait for it, who is told all the same.
  ended.catch(() => undefined);
  return { stdin: child.stdin, stdout: child.stdout, ended };
}

/** runTool runs a program that reads nothing and prints nothing that counts; rejects with ToolFailed. */
export async function runTool(argv: Argv, signal: AbortSignal): Promise<void> {
  const { stdin, stdout, ended } = startTool(argv, signal);
  // It may have ended before it could be told that there is no input.
  stdin.on('error', () => undefined).end();
  stdout.resume();
  await ended;
}
