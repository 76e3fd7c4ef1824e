/** Reads nodemgr.toml from disk. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError, parseConfig } from './parse-config.ts';
import { readBoundedFile } from './read-bounded-file.ts';
import type { Config } from './schema.ts';

/** Where an installed node keeps its configuration. */
export const INSTALLED_CONFIG = '/etc/nodemgr/nodemgr.toml';
/** The state folder of `npm start`, and the file in it that its processes run with. */
export const DEMO_STATE_DIR = '.nodemgr';
export const CONFIG_FILE_NAME = 'nodemgr.toml';

/** Far more than the largest has that means anything. */
export const MAX_CONFIG_BYTES = 1 << 20;

/** loadConfig reads and validates `file`; throws ConfigError also when it cannot be read. */
export function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Config {
  let text: string;
  try {
    text = readBoundedFile(file, { maxBytes: MAX_CONFIG_BYTES }).toString('utf8');
  } catch (cause) {
    const { message } = cause as NodeJS.ErrnoException;
    throw new ConfigError(file, [{ key: '', message: `cannot be read: ${message}` }]);
  }
  return parseConfig(text, env, file);
}

/** demoConfig returns the file of a demo below `workingDir`; undefined when there is none. */
export function demoConfig(workingDir = '.'): string | undefined {
  const demo = resolve(workingDir, DEMO_STATE_DIR, CONFIG_FILE_NAME);
  return existsSync(demo) ? demo : undefined;
}

/**
 * findConfig returns the file that a command line means: the one in `--state`, else `--config`, else
 * that of a demo below the working directory, else the installed one. `--state` goes first because
 * the file there is what a demo runs with; a `--config` beside it may be only what it started from.
 */
export function findConfig(options: {
  readonly config?: string | undefined;
  readonly state?: string | undefined;
  readonly workingDir?: string | undefined;
}): string {
  if (options.state !== undefined) return resolve(options.state, CONFIG_FILE_NAME);
  if (options.config !== undefined) return resolve(options.config);
  return demoConfig(options.workingDir) ?? INSTALLED_CONFIG;
}

/** isPartial reports whether nothing is wrong with a configuration but that keys are missing. */
export function isPartial({ problems }: ConfigError): boolean {
  return problems.every(({ missing }) => missing === true);
}

/** apiSocketOf returns the path of the API's Unix socket. */
export function apiSocketOf(config: Config): string {
  return config.api.socket ?? join(config.node.runtime_dir, 'api.sock');
}
