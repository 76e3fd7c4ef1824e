/** What a command works with: the node's configuration, its daemons, and where to write. */
import { type Config, findConfig, loadConfig } from '@nodemgr/config';
import { endpointsBelow } from '@nodemgr/contracts';
import { type Ask, makeAsk } from './ask/ask-daemons.ts';
import type { Terminal } from './terminal.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly state?: string;
  readonly json?: boolean;
}

export interface Session {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly configFile: string;
  readonly env: Environment;
  /** Reads and checks the configuration; throws ConfigError. */
  config(): Config;
  /** The way to ask this node's daemons; throws ConfigError. */
  daemons(): Ask;
}

/** openSession prepares a command; nothing is read before it is asked for. */
export function openSession(options: GlobalOptions, terminal: Terminal, env: Environment): Session {
  const configFile = findConfig(options);
  const config = () => loadConfig(configFile, env);
  return {
    terminal,
    json: options.json ?? false,
    configFile,
    env,
    config,
    daemons: () => makeAsk(endpointsBelow(config().node.runtime_dir)),
  };
}
