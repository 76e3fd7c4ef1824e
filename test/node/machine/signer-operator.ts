/** The operator of a ticket signer on the machine, who does what its manual says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type {
  TestAuthority,
  TestIdentity,
} from '../../../apps/ticket-signer/src/test-kit/make-identities.ts';
import { BEGIN_COMMANDS, KEY_COMMANDS } from '../../../tools/package/src/render-man-signer.ts';
import type { NodeMachine } from './node-machine.ts';
import { repacked } from './repack.ts';
import { type Finished, runWell } from './run-command.ts';

export const SIGNER = 'nodemgr-ticket-signer';
export const SIGNER_FOLDER = `/etc/${SIGNER}`;
export const SIGNER_CONFIG = `${SIGNER_FOLDER}/ticket-signer.toml`;
export const SERVICE = `${SIGNER}.service`;
/** All of its units; the service is the last. */
export const SIGNER_UNITS = [`${SIGNER}.socket`, `${SIGNER}-tls.socket`, SERVICE];
const APT_MS = 300_000;

/** What the signer is to serve TLS with, and the callers that it is to know. */
export interface SignerSetUp {
  readonly server: TestIdentity;
  readonly authority: TestAuthority;
  readonly callers: string;
}

export class SignerOperator {
  constructor(private readonly machine: NodeMachine) {}

  /** apt runs apt-get; returns what it says. */
  apt(...args: readonly string[]): Promise<string> {
    const options = ['--yes', '--allow-downgrades', '-o', 'Dpkg::Use-Pty=0'];
    return this.machine.root(
      ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...options, ...args],
      { deadlineMs: APT_MS },
    );
  }

  /** install installs the .deb `deb` of this machine, with `suffix` after its version; returns what apt says. */
  async install(deb: string, suffix = ''): Promise<string> {
    const there = `/root/${SIGNER}.deb`;
    const folder = mkdtempSync(join(this.machine.place.folder, 'signer-'));
    try {
      await this.machine.copyIn(suffix === '' ? deb : await repacked(deb, suffix, folder), there);
    } finally {
      rmSync(folder, { recursive: true });
    }
    return this.apt('install', there);
  }

  /** makeKey makes the key, where openssl is, and brings it to its place; returns what nodes trust. */
  async makeKey(): Promise<string> {
    const folder = mkdtempSync(join(this.machine.place.folder, 'key-'));
    const isHere = (line: string) => /^(umask|openssl) /.test(line);
    try {
      const here = ['env', `--chdir=${folder}`, 'sh', '-euc'];
      await runWell([...here, KEY_COMMANDS.filter(isHere).join('\n')]);
      await this.machine.copyIn(join(folder, 'key.pem'), '/root/key.pem');
      const rest = KEY_COMMANDS.filter((line) => !isHere(line));
      await this.machine.shell(['cd /root', ...rest].join('\n'));
      return readFileSync(join(folder, 'ticket-keys.pem'), 'utf8');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** configure adds TLS and the callers to the configuration that is installed. */
  async configure({ server, authority, callers }: SignerSetUp): Promise<void> {
    const files = {
      certificate_file: 'server.pem',
      key_file: 'server.key',
      client_ca_file: 'ca.pem',
    };
    await this.machine.write(`${SIGNER_FOLDER}/server.pem`, server.cert);
    await this.machine.write(`${SIGNER_FOLDER}/ca.pem`, authority.ca);
    const own = ['install', '-o', SIGNER, '-m', '0400', '/dev/stdin'];
    await this.machine.root([...own, `${SIGNER_FOLDER}/server.key`], { input: server.key });
    const tls = Object.entries(files).map(([key, file]) => `${key} = "${SIGNER_FOLDER}/${file}"`);
    const installed = await this.machine.read(SIGNER_CONFIG);
    await this.machine.write(SIGNER_CONFIG, [installed, '[tls]', ...tls, callers, ''].join('\n'));
  }

  /** begin has it serve. */
  begin(): Promise<string> {
    return this.machine.shell(BEGIN_COMMANDS.join('\n'));
  }

  check(): Promise<Finished> {
    return this.machine.ssh([SIGNER, '--check']);
  }

  /** stateOf returns what `systemctl show` says of each of its units. */
  async stateOf(property: string): Promise<readonly string[]> {
    const shown = await this.machine.root(['systemctl', 'show', '-P', property, ...SIGNER_UNITS]);
    return shown.split(/\n+/);
  }

  /** said returns the lines of its log of this boot that are JSON. */
  async said(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const lines = (await this.machine.journal(SERVICE, '--output=cat')).split('\n');
    return lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  }
}
