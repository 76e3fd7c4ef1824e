/** The command line of nodemgr-ticket-signer, and what its help and its manual say of it. It reads no file. */
import { parseArgs } from 'node:util';
import { INSTALLED_CONFIG } from './config/load-signer-config.ts';

export const OPTIONS = {
  config: { type: 'string', value: 'FILE', about: `the configuration; ${INSTALLED_CONFIG} else` },
  check: {
    type: 'boolean',
    about:
      'look at the configuration, the keys and the certificates, say what is wrong, and serve nothing',
  },
  user: {
    type: 'string',
    value: 'NAME',
    about:
      'with --check, by root: look as this user; for the installed configuration ' +
      'nodemgr-ticket-signer else, as whom the service runs',
  },
  'stop-on-stdin-eof': { type: 'boolean', about: 'stop when standard input ends' },
  help: { type: 'boolean', short: 'h', about: 'show this help' },
  version: { type: 'boolean', about: 'show the version' },
} as const;

export interface SignerArguments {
  readonly action: 'serve' | 'check' | 'help' | 'version';
  readonly config: string;
  /** As whom to check; absent: not said. */
  readonly user: string | undefined;
  readonly stopOnStdinEof: boolean;
}

/** usage returns the help. */
export function usage(): string {
  const lines = Object.entries(OPTIONS).map(([name, option]) => {
    const flag = `--${name}${'value' in option ? ` ${option.value}` : ''}`;
    return `  ${flag.padEnd(20)} ${option.about}`;
  });
  return `usage: nodemgr-ticket-signer [options]\n${lines.join('\n')}\n`;
}

/** readSignerArguments returns what `args` ask for; throws TypeError on an option that it cannot use. */
export function readSignerArguments(args: readonly string[]): SignerArguments {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const asked = (['help', 'version', 'check'] as const).find((action) => values[action]);
  const { user } = values;
  if (user !== undefined && asked !== 'check') throw new TypeError('--user wants --check');
  return {
    action: asked ?? 'serve',
    user,
    config: values.config ?? INSTALLED_CONFIG,
    stopOnStdinEof: values['stop-on-stdin-eof'] ?? false,
  };
}
