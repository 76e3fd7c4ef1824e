/** The command line that all daemons share. It reads no file. */
import { parseArgs } from 'node:util';
import { findConfig } from '@nodemgr/config';
import { DAEMONS, type DaemonName } from '@nodemgr/contracts';
import { VERSION } from './version.ts';

/** Daemons whose JavaScript is interpreted: no memory of theirs is ever both writable and executable. */
const INTERPRETED: ReadonlySet<string> = new Set([
  'db-service',
  'account-supervisor',
  'bwcap-agent',
]);

/**
 * The largest space for new objects (MiB). V8 lets it grow to 16, and keeps it twice, long after the first thousand
 * slivers have been read and nothing of that is left in it. The requests that api-gateway has in hand at once do
 * not fit in 1: with 256 of them a call takes half as much processor time again, for copying what is soon done with.
 */
const SEMI_SPACE_MIB = 1;
const GATEWAY_SEMI_SPACE_MIB = 8;

/**
 * nodeFlagsOf returns the flags of Node.js that a program is started with: none but for daemons. Their units have
 * the same (units.test.ts), so that what is tried and measured without systemd is what nodes run.
 */
export function nodeFlagsOf(program: string): readonly string[] {
  if (!DAEMONS.some((name) => name === program)) return [];
  const interpreted = INTERPRETED.has(program) ? ['--jitless', '--no-expose-wasm'] : [];
  const semiSpaceMib = program === 'api-gateway' ? GATEWAY_SEMI_SPACE_MIB : SEMI_SPACE_MIB;
  return [`--max-semi-space-size=${semiSpaceMib}`, ...interpreted];
}

export interface DaemonArguments {
  /** Path of the configuration file. */
  readonly config: string;
  /** The end of standard input means stop: a parent that dies takes its daemons along. */
  readonly stopOnStdinEof: boolean;
}

function usage(name: DaemonName): string {
  return `usage: ${name} [--config FILE] [--stop-on-stdin-eof] [--help] [--version]`;
}

/**
 * readArguments returns what the command line asks for; 'answered' when that was only help or a
 * version, which it has printed. Throws TypeError on an unknown option.
 */
export function readArguments(name: DaemonName): DaemonArguments | 'answered' {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      'stop-on-stdin-eof': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.version) {
    process.stdout.write(`${values.help ? usage(name) : VERSION}\n`);
    return 'answered';
  }
  return {
    config: findConfig({ config: values.config }),
    stopOnStdinEof: values['stop-on-stdin-eof'],
  };
}
