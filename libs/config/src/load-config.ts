/** Reads nodemgr.toml from disk. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError, parseConfig } from './parse-config.ts';
import type { Config } from './schema.ts';

/** Where an installed node keeps its configuration. */
export const INSTALLED_CONFIG = '/etc/nodemgr/nodemgr.toml';
/** The state folder of `npm start`, and the file in it that its processes run with. */
export const DEMO_STATE_DIR = '.nodemgr';
export const CONFIG_FILE_NAME = 'nodemgr.toml';

/** loadConfig reads and validates `file`; throws ConfigError also when it cannot be read. */
export function loadConfig(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { message } = cause as NodeJS.ErrnoException;
    throw new ConfigError(file, [{ key: '', message: `cannot be read: ${message}` }]);
  }
  return parseConfig(text, env, file);
}

/**
 * findConfig returns the file that a command line means: `--config`, else the one in `--state`, else
 * that of a demo below the working directory, else the installed one.
 */
export function findConfig(options: {
  readonly config?: string | undefined;
  readonly state?: string | undefined;
}): string {
  if (options.config !== undefined) return resolve(options.config);
  if (options.state !== undefined) return resolve(options.state, CONFIG_FILE_NAME);
  const demo = resolve(join(DEMO_STATE_DIR, CONFIG_FILE_NAME));
  return existsSync(demo) ? demo : INSTALLED_CONFIG;
}

/** apiSocketOf returns the path of the API's Unix socket. */
export function apiSocketOf(config: Config): string {
  return config.api.socket ?? join(config.node.runtime_dir, 'api.sock');
}
