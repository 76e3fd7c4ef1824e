/**
 * Reads ticket-signer.toml, or says everything that is wrong with it: where, which value, what is
 * allowed. It looks at no other file.
 */
import {
  ConfigError,
  type ConfigProblem,
  MAX_CONFIG_BYTES,
  readBoundedFile,
  readToml,
} from '@nodemgr/config';
import type { z } from 'zod';
import { judgeCallers } from './judge-callers.ts';
import { type SignerConfig, signerSchema } from './signer-schema.ts';

export const INSTALLED_CONFIG = '/etc/nodemgr-ticket-signer/ticket-signer.toml';
/** What a message shows of a value. */
const MAX_SHOWN = 120;

function show(value: unknown): string {
  // TOML has nan and inf, JSON does not.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    // Whatever a step does not lead into has no such key.
    (at, step) => (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[step],
    tree,
  );
}

function describe(issue: z.core.$ZodIssue, tree: unknown): readonly ConfigProblem[] {
  const key = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => ({
      key: key === '' ? name : `${key}.${name}`,
      message: 'no such key; nodemgr-ticket-signer(8) has those that exist',
    }));
  }
  const value = valueAt(tree, issue.path);
  if (value === undefined) return [{ key, message: `missing; ${issue.message}`, missing: true }];
  if (issue.code === 'custom' && typeof value === 'object') {
    return [{ key, message: issue.message }];
  }
  return [{ key, message: `${show(value)} is not allowed; ${issue.message}` }];
}

/** parseSignerConfig returns what the text of the file says; throws ConfigError. */
export function parseSignerConfig(text: string, origin: string): SignerConfig {
  const tree = readToml(text, origin);
  const checked = signerSchema.safeParse(tree);
  if (!checked.success) {
    const problems = checked.error.issues.flatMap((issue) => describe(issue, tree));
    throw new ConfigError(origin, problems);
  }
  const problems = judgeCallers(checked.data);
  if (problems.length > 0) throw new ConfigError(origin, problems);
  return checked.data;
}

function readText(file: string): string {
  try {
    return readBoundedFile(file, { maxBytes: MAX_CONFIG_BYTES }).toString('utf8');
  } catch (cause) {
    const { message } = cause as Error;
    throw new ConfigError(file, [{ key: '', message: `cannot be read: ${message}` }]);
  }
}

/** loadSignerConfig reads and validates `file`; throws ConfigError also when it cannot be read. */
export function loadSignerConfig(file: string): SignerConfig {
  return parseSignerConfig(readText(file), file);
}
