/** Runs one program with its whole input, and collects its output, within bounds. Never a shell. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export interface RunSpec {
  /** Program and arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: string;
  /** For all of it. */
  readonly deadlineMs: number;
  readonly maxOutputBytes: number;
}

export interface RunEnd {
  readonly output: Buffer;
  /** The last of what it wrote to stderr. */
  readonly complaint: string;
  /** undefined: by a signal. */
  readonly status: number | undefined;
  /** Why it was ended, where it did not end by itself. */
  readonly cut: 'late' | 'too much output' | undefined;
}

const MAX_COMPLAINT = 4096;
/** A program that gets SIGTERM restores the terminal that it prompts on; one that does not is killed. */
const GRACE_MS = 1000;
/** A connection that ssh leaves behind for later ones (ControlPersist) may hold our pipes. */
const LINGER_MS = 1000;

/** Collects up to `max` bytes of a stream; `over` is called for more. */
function collect(stream: Readable, max: number, over: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > max) over();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}

/** Keeps the last characters of a stream. */
function collectEnd(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-MAX_COMPLAINT);
  });
  return () => text;
}

/** Resolves when it has ended and its pipes are closed. Rejects when it could not be started. */
async function ended(child: ChildProcess, streams: readonly Readable[]): Promise<void> {
  let linger: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    linger = setTimeout(() => {
      for (const stream of streams) stream.destroy();
    }, LINGER_MS);
  });
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(linger);
  }
}

/** runWithInput resolves when the program has ended. Rejects with the system's error when there is none. */
export async function runWithInput(spec: RunSpec): Promise<RunEnd> {
  const [program = '', ...args] = spec.argv;
  const child = spawn(program, args, { env: spec.env, stdio: ['pipe', 'pipe', 'pipe'] });
  const timers: NodeJS.Timeout[] = [];
  let cut: RunEnd['cut'];
  const end = (why: NonNullable<RunEnd['cut']>) => {
    if (cut !== undefined) return;
    cut = why;
    child.kill('SIGTERM');
    timers.push(setTimeout(() => child.kill('SIGKILL'), GRACE_MS));
  };
  timers.push(setTimeout(() => end('late'), spec.deadlineMs));
  const output = collect(child.stdout, spec.maxOutputBytes, () => end('too much output'));
  const complaint = collectEnd(child.stderr);
  // It may end without reading its input: its exit status has the reason.
  child.stdin.on('error', () => undefined).end(spec.input);
  try {
    await ended(child, [child.stdout, child.stderr]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  return { output: output(), complaint: complaint(), status: child.exitCode ?? undefined, cut };
}
