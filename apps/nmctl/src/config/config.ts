/** `nmctl config check|show|keys`: the configuration file, without any daemon. */
import { resolve } from 'node:path';
import { ConfigError, type ConfigProblem, configKeys, loadConfig } from '@nodemgr/config';
import { stringify } from 'smol-toml';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { paragraph } from '../render/render-line.ts';
import type { Session } from '../session.ts';
import { renderCheck, renderConfigKeys } from './render-config.ts';

function problemsIn(file: string, env: Session['env']): readonly ConfigProblem[] {
  try {
    loadConfig(file, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** checkConfigFile says that the file is valid, or everything that is wrong with it. */
export function checkConfigFile(session: Session, given: string | undefined): ExitCode {
  const file = given === undefined ? session.configFile : resolve(given);
  const problems = problemsIn(file, session.env);
  if (session.json) session.terminal.printJson({ file, valid: problems.length === 0, problems });
  else session.terminal.print(renderCheck(file, problems));
  return problems.length === 0 ? EXIT.ok : EXIT.trouble;
}

/** showConfig prints the configuration in effect: the file, the environment and the defaults. */
export function showConfig(session: Session): ExitCode {
  const config = session.config();
  if (session.json) session.terminal.printJson(config);
  else session.terminal.print(paragraph(stringify(config).trimEnd()));
  return EXIT.ok;
}

/** showConfigKeys prints every key that there is. */
export function showConfigKeys({ terminal, json }: Session): ExitCode {
  const keys = configKeys();
  if (json) terminal.printJson(keys);
  else terminal.print(renderConfigKeys(keys, terminal.page));
  return EXIT.ok;
}
