/**
 * Small JSON files that hold state: written as a whole or not at all, checked when read. A damaged one
 * is set aside with the reason, never overwritten and never a reason not to start.
 */
import { mkdir, readFile, rename, rm, writeFile as write } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';

/** What readStateFile found. */
export type StateFile<T> =
  | { readonly found: 'nothing' }
  | { readonly found: 'state'; readonly state: T }
  /** It was no such state; it is now at `setAside`. */
  | { readonly found: 'damaged'; readonly reason: string; readonly setAside: string };

/** replaceFile writes `text` to a temporary name beside `path`, then renames; makes the folder. */
export async function replaceFile(path: string, mode: number, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  await write(temporary, text, { mode, flag: 'wx' });
  await rename(temporary, path);
}

/** readOptional returns the text of `path`, undefined where there is no such file. */
export async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse<T>(
  text: string,
  schema: z.ZodType<T>,
): { readonly state: T } | { readonly reason: string } {
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
  const checked = schema.safeParse(tree);
  if (checked.success) return { state: checked.data };
  const [issue] = checked.error.issues;
  return { reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'does not fit'}` };
}

/** readStateFile reads and checks `path`; `now` (milliseconds) names what is set aside. */
export async function readStateFile<T>(
  path: string,
  schema: z.ZodType<T>,
  now: number,
): Promise<StateFile<T>> {
  const text = await readOptional(path);
  if (text === undefined) return { found: 'nothing' };
  const parsed = parse(text, schema);
  if ('state' in parsed) return { found: 'state', state: parsed.state };
  const setAside = `${path}.damaged-${now}`;
  await rename(path, setAside);
  return { found: 'damaged', reason: parsed.reason, setAside };
}
