/** The processes of the benchmark itself: the load generator and the bare servers. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Load, LoadResult } from './load.process.ts';

/** How long a round of load, or a start, may take (milliseconds). */
const PATIENCE_MS = 60_000;

/** answerOf resolves with the next message of a child; rejects when it ends or takes too long. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  const over = new AbortController();
  const ended = () => over.abort();
  child.once('exit', ended);
  try {
    const [message]: unknown[] = await once(child, 'message', {
      signal: AbortSignal.any([late, over.signal]),
    });
    return message;
  } finally {
    child.off('exit', ended);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

export class LoadGenerator {
  readonly #child = fork(join(__dirname, 'load.process.cjs'));

  /** run generates one round of load; rejects when a call fails. */
  async run(load: Load): Promise<LoadResult> {
    const answer = answerOf(this.#child);
    this.#child.send(load);
    const result = (await answer) as LoadResult | { readonly failed: string };
    if ('failed' in result) throw new Error(`a call failed: ${result.failed}`);
    return result;
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}

/** A process that was started; `pid` for what the kernel says of it. */
export interface Started {
  readonly pid: number;
  /** From its start until it was ready. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

/** startBareServer starts a bare node:http server on `socket` that answers the bytes of a file. */
export async function startBareServer(socket: string, answerFile: string): Promise<Started> {
  const started = performance.now();
  const child = fork(join(__dirname, 'bare-server.process.cjs'), [socket, answerFile]);
  await answerOf(child);
  const readyMs = performance.now() - started;
  return { pid: child.pid ?? 0, readyMs, stop: () => end(child) };
}

/** startUntil runs Node.js with `args` until its standard error says `word`. */
export async function startUntil(word: string, args: readonly string[]): Promise<Started> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let heard = '';
  const readyMs = await new Promise<number>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      heard += chunk;
      if (heard.includes(word)) resolve(performance.now() - started);
    });
    child.once('exit', () => reject(new Error(`it ended: ${heard}`)));
  });
  return { pid: child.pid ?? 0, readyMs, stop: () => end(child) };
}

/** startBareNode starts a Node.js that does nothing: what every daemon is beside. */
export function startBareNode(): Promise<Started> {
  return startUntil('up', ['-e', 'process.stderr.write("up"); setInterval(() => {}, 1e3)']);
}
