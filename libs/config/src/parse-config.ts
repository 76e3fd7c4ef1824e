/**
 * Turns the text of nodemgr.toml and the environment into a configuration, or into errors that name
 * the key, the value and what is allowed. No I/O.
 */
import { parse as parseToml, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { requiredBelow, wantsAt } from './config-keys.ts';
import { type Config, configSchema } from './schema.ts';

/** One thing wrong with a configuration. */
export interface ConfigProblem {
  /** Such as `plc.poll_seconds`; empty when the whole text is meant. */
  readonly key: string;
  readonly message: string;
  /** Whether nothing is wrong but that the key is not there. */
  readonly missing?: true;
}

/** ConfigError lists everything that is wrong with a configuration; `origin` names the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(
    readonly origin: string,
    readonly problems: readonly ConfigProblem[],
  ) {
    super(
      problems
        .map(({ key, message }) => `${origin}: ${key === '' ? '' : `${key}: `}${message}`)
        .join('\n'),
    );
  }
}

/** What begins the name of an environment variable that sets a key: NODEMGR_PLC__POLL_SECONDS. */
export const ENV_PREFIX = 'NODEMGR_';

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An environment value is TOML where it reads as TOML (numbers, arrays, …), else a string. */
function valueFromEnv(text: string): unknown {
  try {
    return parseToml(`value = ${text}`)['value'];
  } catch {
    return text;
  }
}

/**
 * overridesFromEnv returns the keys that the environment sets: `NODEMGR_` + section + `__` + key,
 * in capitals, so NODEMGR_PLC__POLL_SECONDS=30 sets plc.poll_seconds.
 */
export function overridesFromEnv(env: Readonly<Record<string, string | undefined>>): Tree {
  const tree: Tree = {};
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || text === undefined) continue;
    const [section, key] = name.slice(ENV_PREFIX.length).toLowerCase().split('__');
    if (section === undefined || section === '') continue;
    if (key === undefined) tree[section] = valueFromEnv(text);
    else tree[section] = { ...(tree[section] as Tree | undefined), [key]: valueFromEnv(text) };
  }
  return tree;
}

/** mergeConfig lays `over` on `base`, table by table; arrays and values are replaced whole. */
export function mergeConfig(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? mergeConfig(below, value) : value;
  }
  return merged;
}

function show(value: unknown): string {
  // TOML has nan and inf, JSON does not.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

/** A table that is missing is told by the keys that it must have. */
function missingKeys({ path, message }: z.core.$ZodIssue): readonly ConfigProblem[] {
  const below = requiredBelow(path);
  const wanted = below.length > 0 ? below : [{ key: path.map(String).join('.'), wants: message }];
  return wanted.map(({ key, wants }) => ({ key, message: `missing; ${wants}`, missing: true }));
}

function describe(issue: z.core.$ZodIssue, tree: Tree): readonly ConfigProblem[] {
  const key = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => ({
      key: key === '' ? name : `${key}.${name}`,
      message: 'no such key; `nmctl config keys` lists those that exist',
    }));
  }
  const value = issue.path.reduce<unknown>(
    (at, step) => (at as Tree | undefined)?.[step as string],
    tree,
  );
  if (value === undefined) return missingKeys(issue);
  return [{ key, message: `${show(value)} is not allowed; ${issue.message}` }];
}

/** parseToml as ours: errors name the line. */
export function readToml(text: string, origin: string): Tree {
  try {
    return parseToml(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [summary = ''] = cause.message.split('\n');
    throw new ConfigError(origin, [
      { key: '', message: `line ${cause.line}, column ${cause.column}: ${summary}` },
    ]);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

/** checkConfig validates a configuration as plain values; throws ConfigError. */
export function checkConfig(tree: Tree, origin: string): Config {
  // Only where the schema has no words of its own.
  const error = ({ path = [] }: z.core.$ZodRawIssue) => wantsAt(path);
  // A function made for each table, as zod does it, pays where many values are checked. Here it is one.
  const checked = configSchema.safeParse(tree, { error, jitless: true });
  if (checked.success) return deepFreeze(checked.data);
  throw new ConfigError(
    origin,
    checked.error.issues.flatMap((issue) => describe(issue, tree)),
  );
}

/** parseConfig validates the text of a configuration file, with what the environment sets on top. */
export function parseConfig(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  origin: string,
): Config {
  return checkConfig(mergeConfig(readToml(text, origin), overridesFromEnv(env)), origin);
}
