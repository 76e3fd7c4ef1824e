/** A session holds all that a command works with: the node's configuration, and where to write. */
import {
  type Config,
  ConfigError,
  demoConfig,
  findConfig,
  isPartial,
  loadConfig,
} from '@nodemgr/config';
import type { SshTarget } from './api/ssh-target.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly state?: string;
  readonly json?: boolean;
  /** Only what calls the API takes it. */
  readonly via?: SshTarget;
}

export interface Session {
  readonly terminal: Terminal;
  readonly json: boolean;
  /** The file that the command line means, whether it can be used or not. */
  readonly configFile: string;
  readonly env: Environment;
  /** The delegate's account on another node by which to call; undefined: on this machine. */
  readonly via: SshTarget | undefined;
  /** Reads and checks the configuration; throws ConfigError. */
  config(): Config;
}

/** What a command does. Its modules are loaded here and not before: with those of all commands nmctl starts slowly. */
export type Act = (session: Session) => Promise<ExitCode>;

/** Carries out a command: gives it a session, and takes its exit code. */
export type Run = (act: Act) => Promise<void>;

/** Where a command line was given. */
export interface Place {
  readonly env: Environment;
  readonly workingDir: string;
}

/**
 * The file that --config names may be the partial one that `npm start` began with. The whole configuration is then
 * in the state folder of the demo that runs here.
 */
function readConfig(options: GlobalOptions, terminal: Terminal, place: Place): Config {
  const { env, workingDir } = place;
  const file = findConfig({ ...options, workingDir });
  try {
    return loadConfig(file, env);
  } catch (error) {
    const demo = options.state === undefined ? demoConfig(workingDir) : undefined;
    const isPart = error instanceof ConfigError && isPartial(error);
    if (!isPart || demo === undefined || demo === file) throw error;
    terminal.complain(`${file} is only part of a configuration; using ${demo}`);
    return loadConfig(demo, env);
  }
}

/** openSession prepares a command; nothing is read before it is asked for. */
export function openSession(options: GlobalOptions, terminal: Terminal, place: Place): Session {
  let read: Config | undefined;
  const config = () => {
    read ??= readConfig(options, terminal, place);
    return read;
  };
  return {
    terminal,
    json: options.json ?? false,
    configFile: findConfig({ ...options, workingDir: place.workingDir }),
    env: place.env,
    via: options.via,
    config,
  };
}

/** inSession carries out a command. A configuration that cannot be used goes to stderr, and exits with usage. */
export async function inSession(act: Act, session: Session): Promise<ExitCode> {
  try {
    return await act(session);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    session.terminal.complain(error.message);
    session.terminal.complain('another node or demo is named with --config FILE or --state DIR');
    return EXIT.usage;
  }
}
