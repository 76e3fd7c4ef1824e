/**
 * Brings an archive or a folder into an empty folder of the store, through pipes that this process
 * feeds: so its size is known before it is written, and everything ends when this process does. tar(1)
 * itself takes care of hostile names: it drops a leading `/`, `..`, and makes links that lead outside
 * only when all files are written.
 */
import { Buffer } from 'node:buffer';
import { addAbortSignal, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompressorOf, MAGIC_LENGTH } from './compression.ts';
import { ImageProblem } from './image-problem.ts';
import type { ImageSource } from './image-source.ts';
import { type Argv, startTool, ToolFailed } from './run-tool.ts';

/**
 * Of extended attributes those that mean something in a sliver: capabilities of programs, and users'
 * own. Those of the overlay file system or of a security module belong to the machine they came from.
 */
const ATTRIBUTES = [
  '--acls',
  '--xattrs',
  '--xattrs-include=security.capability',
  '--xattrs-include=user.*',
] as const;

/** Devices come from the container; making one would take rights for nothing. */
const NO_DEVICES = ['--anchored', '--exclude=./dev/*', '--exclude=dev/*', '--exclude=/dev/*'];

const extraction = (root: string): Argv => [
  'tar',
  '--extract',
  '--file=-',
  `--directory=${root}`,
  '--numeric-owner',
  '--same-permissions',
  '--warning=no-timestamp',
  ...ATTRIBUTES,
  ...NO_DEVICES,
];

const creation = (folder: string): Argv => [
  'tar',
  '--create',
  '--file=-',
  `--directory=${folder}`,
  '--one-file-system',
  '--numeric-owner',
  '--sparse',
  ...ATTRIBUTES,
  ...NO_DEVICES,
  '.',
];

/** Is told how many bytes of the tree have gone by; rejects to stop it all. */
export type Meter = (bytes: number) => Promise<void>;

async function* measured(stream: AsyncIterable<Buffer>, meter: Meter): AsyncIterable<Buffer> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    await meter(bytes);
    yield chunk;
  }
}

/** Splits off the first bytes of a stream to look at; the stream that is returned still has them. */
async function peek(stream: Readable): Promise<{ head: Buffer; whole: Readable }> {
  const chunks = stream[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < MAGIC_LENGTH) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    head = Buffer.concat([head, value as Buffer]); // No encoding is set: chunks are buffers.
  }
  async function* whole(): AsyncIterable<Buffer> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { head, whole: Readable.from(whole()) };
}

/** A stream of tar's format, and what must end well for it to be whole. */
interface TarStream {
  readonly stream: Readable;
  readonly programs: readonly Promise<void>[];
  readonly pipes: readonly Promise<void>[];
}

async function openSource(source: ImageSource, signal: AbortSignal): Promise<TarStream> {
  if (source.kind === 'folder') {
    const { stdin, stdout, ended } = startTool(creation(source.path), signal);
    stdin.destroy();
    return { stream: stdout, programs: [ended], pipes: [] };
  }
  const { head, whole } = await peek(addAbortSignal(signal, await source.read()));
  if (head.length === 0) throw new ImageProblem(`${source.name} is empty`);
  const argv = decompressorOf(head);
  if (argv === undefined) return { stream: whole, programs: [], pipes: [] };
  const { stdin, stdout, ended } = startTool(argv, signal);
  return { stream: stdout, programs: [ended], pipes: [pipeline(whole, stdin, { signal })] };
}

/** An error that only says that the other end of a pipe went away, or that all was stopped. */
function isSecondary(error: unknown): boolean {
  if (error instanceof ToolFailed) return error.isSecondary;
  const { name, code = '' } = error as NodeJS.ErrnoException;
  return name === 'AbortError' || code === 'EPIPE' || code.startsWith('ERR_STREAM_');
}

async function failuresOf(parts: readonly Promise<void>[]): Promise<readonly unknown[]> {
  const ends = await Promise.allSettled(parts);
  return ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
}

/**
 * Waits for all parts. The first that fails by itself stops the others, and the one that says most is
 * thrown. A pipe that broke is no failure when all programs ended well: tar may be done with it before
 * it is told of its end.
 */
async function allOrNone(
  programs: readonly Promise<void>[],
  pipes: readonly Promise<void>[],
  stop: AbortController,
): Promise<void> {
  for (const part of [...programs, ...pipes]) {
    part.catch((error: unknown) => {
      if (!isSecondary(error)) stop.abort();
    });
  }
  const [ofPrograms, ofPipes] = await Promise.all([failuresOf(programs), failuresOf(pipes)]);
  const failures = [...ofPrograms, ...ofPipes];
  const told = failures.find((error) => !isSecondary(error)) ?? ofPrograms[0];
  if (told !== undefined) throw told;
}

/**
 * unpackTree brings `source` into `root`, an empty folder. `meter` sees the size of the unpacked archive
 * grow before it is written. Rejects with the reason when it could not be brought in whole, and leaves
 * what there was of it.
 */
export async function unpackTree(
  source: ImageSource,
  root: string,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const { stream, programs, pipes } = await openSource(source, stop.signal);
    const tar = startTool(extraction(root), stop.signal);
    tar.stdout.resume();
    const feed = pipeline(
      stream,
      (from: AsyncIterable<Buffer>) => measured(from, meter),
      tar.stdin,
      {
        signal: stop.signal,
      },
    );
    await allOrNone([...programs, tar.ended], [...pipes, feed], stop);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
