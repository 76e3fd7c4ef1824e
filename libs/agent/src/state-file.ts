/**
 * Small JSON files that hold state: written as a whole or not at all, checked when read. A damaged one
 * is set aside with the reason, never overwritten and never a reason not to start.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '@nodemgr/daemon';
import type { z } from 'zod';

/** What readStateFile found. */
export type StateFile<T> =
  | { readonly found: 'nothing' }
  | { readonly found: 'state'; readonly state: T }
  /** It was no such state, or could not be read; undefined: it could not be set aside and is still there. */
  | { readonly found: 'damaged'; readonly reason: string; readonly setAside: string | undefined };

/**
 * What is being written beside its final place. No name of an account or image has a `~`, so that in a folder
 * whose files are called by those names it is nobody's: `keys/a_b.new` may be the keys of the slice a_b.new.
 */
const temporaryOf = (path: string): string => `${path}~new`;

/** How a text stands for bytes; in latin1 each character is one byte, whatever it means. */
export type TextEncoding = 'utf8' | 'latin1';

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

interface Writing {
  readonly mode: number;
  readonly encoding: TextEncoding;
  /** Whether a power cut does not take it back (fsync(2)). */
  readonly durable: boolean;
}

/**
 * What may be in the way (no folder yet, a killed writer's file) is dealt with only when it is there: an
 * agent writes a file for every step.
 */
async function writeNew(
  path: string,
  text: string,
  { mode, encoding, durable }: Writing,
): Promise<void> {
  const attempt = async () => {
    const file = await open(path, 'wx', mode);
    try {
      await file.writeFile(text, encoding);
      // Whatever the umask: others are to read some of them.
      await file.chmod(mode);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    else if (hasCode(error, 'EEXIST')) await rm(path);
    else throw error;
  }
  await attempt();
}

/** Node.js names no file where there is no room for what is written. */
async function namingFile(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? { code: cause.code } : {};
    throw Object.assign(new Error(`cannot write ${path}: ${messageOf(cause)}`, { cause }), code);
  }
}

async function replace(path: string, text: string, writing: Writing): Promise<void> {
  const temporary = temporaryOf(path);
  await namingFile(path, async () => {
    await writeNew(temporary, text, writing);
    await rename(temporary, path);
    if (writing.durable) await syncFolder(dirname(path));
  });
}

/** replaceFile writes `text` to a temporary name beside `path`, then renames; makes the folder. */
export async function replaceFile(
  path: string,
  mode: number,
  text: string,
  encoding: TextEncoding = 'utf8',
): Promise<void> {
  await replace(path, text, { mode, encoding, durable: false });
}

/** replaceFileDurably is replaceFile whose outcome a power cut does not take back (fsync(2)). */
export async function replaceFileDurably(path: string, mode: number, text: string): Promise<void> {
  await replace(path, text, { mode, encoding: 'utf8', durable: true });
}

const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK;
const NO_FILE = 'it is not a regular file';
const cannotRead = (path: string, cause: unknown): Error =>
  new Error(`cannot read ${path}: ${messageOf(cause)}`, { cause });

/**
 * readOptional returns the text of `path`, undefined where there is no such file. Rejects when it cannot
 * be read or is no regular file (a pipe would be waited for without end).
 */
export async function readOptional(
  path: string,
  encoding: TextEncoding = 'utf8',
): Promise<string | undefined> {
  try {
    const file = await open(path, READ_ONLY);
    try {
      if (!(await file.stat()).isFile()) throw new Error(NO_FILE);
      return await file.readFile(encoding);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw cannotRead(path, error);
  }
}

/** readAtOnce is readOptional without a turn of the event loop: four of them for each of a thousand files add up. */
function readAtOnce(path: string): string | undefined {
  try {
    const file = openSync(path, READ_ONLY);
    try {
      if (!fstatSync(file).isFile()) throw new Error(NO_FILE);
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw cannotRead(path, error);
  }
}

type Parsed<T> = { readonly state: T } | { readonly reason: string };

function parse<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  const checked = schema.safeParse(JSON.parse(text));
  if (checked.success) return { state: checked.data };
  const [issue] = checked.error.issues;
  return { reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'does not fit'}` };
}

function readAndParse<T>(path: string, schema: z.ZodType<T>): Parsed<T> | undefined {
  try {
    const text = readAtOnce(path);
    return text === undefined ? undefined : parse(text, schema);
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

/** setAside moves a damaged `path` out of the way; `now` (milliseconds) names it. Never rejects. */
export async function setAside(
  path: string,
  reason: string,
  now: number,
): Promise<StateFile<never> & { readonly found: 'damaged' }> {
  const aside = `${path}.damaged-${now}`;
  try {
    await rename(path, aside);
    return { found: 'damaged', reason, setAside: aside };
  } catch (error) {
    const both = `${reason}; and it cannot be set aside: ${messageOf(error)}`;
    return { found: 'damaged', reason: both, setAside: undefined };
  }
}

/**
 * readStateFile reads and checks `path`, for a start: nothing else has its turn meanwhile. `now` (milliseconds)
 * names what is set aside. Never rejects.
 */
export async function readStateFile<T>(
  path: string,
  schema: z.ZodType<T>,
  now: number,
): Promise<StateFile<T>> {
  const parsed = readAndParse(path, schema);
  if (parsed === undefined) return { found: 'nothing' };
  if ('state' in parsed) return { found: 'state', state: parsed.state };
  return setAside(path, parsed.reason, now);
}
