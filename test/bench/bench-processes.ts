/** The processes of the benchmark itself: the load generator and the bare servers. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo, NetConnectOpts } from 'node:net';
import { join, resolve } from 'node:path';
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

/** end stops a process and resolves when it has ended. */
export async function end(child: ChildProcess): Promise<void> {
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

/** A server beside which the API is measured. */
export interface Peer extends Started {
  readonly at: NetConnectOpts;
}

/** startBareServer starts a bare node:http server that answers the bytes of a file; `place`: a path, or a port. */
export async function startBareServer(place: string, answerFile: string): Promise<Peer> {
  const started = performance.now();
  const child = fork(join(__dirname, 'bare-server.process.cjs'), [place, answerFile]);
  const address = (await answerOf(child)) as string | AddressInfo;
  const readyMs = performance.now() - started;
  const at =
    typeof address === 'string' ? { path: address } : { host: '127.0.0.1', port: address.port };
  return { at, pid: child.pid ?? 0, readyMs, stop: () => end(child) };
}

/** startPythonServer starts Python's SimpleXMLRPCServer with a GetRSpec that answers what is in the file. */
export async function startPythonServer(answerFile: string): Promise<Peer> {
  const started = performance.now();
  const args = [resolve('test/bench/xmlrpc_server.py'), answerFile];
  const child = spawn('python3', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8');
  const late = { signal: AbortSignal.timeout(PATIENCE_MS) };
  const [line]: unknown[] = await Promise.race([
    once(child.stdout, 'data', late),
    once(child, 'exit', late).then(() => Promise.reject(new Error('python3 has ended'))),
  ]);
  const readyMs = performance.now() - started;
  const at = { host: '127.0.0.1', port: Number(line) };
  return { at, pid: child.pid ?? 0, readyMs, stop: () => end(child) };
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
