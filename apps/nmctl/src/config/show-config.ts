/** `nmctl config check|show|keys`: the configuration file, without any daemon. */

import { resolve } from 'node:path';
import {
  ConfigError,
  type ConfigKey,
  type ConfigProblem,
  checkNamedFiles,
  configKeys,
  loadConfig,
} from '@nodemgr/config';
import { stringify } from 'smol-toml';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Line, line, type Page, paragraph, span } from '../render/render-line.ts';
import { renderTable } from '../render/render-table.ts';
import type { Session } from '../session.ts';

const COLUMNS = [{ title: 'KEY' }, { title: 'DEFAULT' }, { title: 'ALLOWED' }] as const;

function defaultCell({ default: fallback, required }: ConfigKey): ReturnType<typeof span> {
  if (required) return span('(required)', 'warn');
  return fallback === undefined ? span('(unset)', 'dim') : span(fallback);
}

/** Returns the table of all keys. */
function renderConfigKeys(keys: readonly ConfigKey[], page: Page): readonly Line[] {
  const rows = keys.map((key) => [key.key, defaultCell(key), key.allowed]);
  return [
    ...renderTable(COLUMNS, rows, page),
    line(''),
    line('The environment sets a key too: NODEMGR_PLC__POLL_SECONDS=30 sets plc.poll_seconds.'),
  ];
}

/** Returns that `file` is valid, or everything that is wrong with it. */
function renderCheck(file: string, problems: readonly ConfigProblem[]): readonly Line[] {
  if (problems.length === 0) return [line(`${file}: `, span('valid', 'good'))];
  return problems.map(({ key, message }) =>
    line(`${file}: `, span(key, 'strong'), key === '' ? message : `: ${message}`),
  );
}

function problemsIn(file: string, env: Session['env']): readonly ConfigProblem[] {
  try {
    return checkNamedFiles(loadConfig(file, env));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** Prints that the file is valid, or everything that is wrong with it and with the files that it names. */
export function checkConfigFile(session: Session, given: string | undefined): ExitCode {
  const file = given === undefined ? session.configFile : resolve(given);
  const problems = problemsIn(file, session.env);
  if (session.json) session.terminal.printJson({ file, valid: problems.length === 0, problems });
  else session.terminal.print(renderCheck(file, problems));
  return problems.length === 0 ? EXIT.ok : EXIT.trouble;
}

/** Prints the configuration in effect: the file, the environment and the defaults. */
export function showConfig(session: Session): ExitCode {
  const config = session.config();
  if (session.json) session.terminal.printJson(config);
  else session.terminal.print(paragraph(stringify(config).trimEnd()));
  return EXIT.ok;
}

/** Prints every key that there is. */
export function showConfigKeys({ terminal, json }: Session): ExitCode {
  const keys = configKeys();
  if (json) terminal.printJson(keys);
  else terminal.print(renderConfigKeys(keys, terminal.page));
  return EXIT.ok;
}
