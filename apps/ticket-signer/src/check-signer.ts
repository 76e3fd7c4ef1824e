/**
 * nodemgr-ticket-signer --check: looks at the configuration and all that it names, as the service would see
 * it. It serves nothing and changes nothing.
 */
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { asConfigError } from './config/as-config-error.ts';
import { INSTALLED_CONFIG, loadSignerConfig } from './config/load-signer-config.ts';
import type { SignerConfig } from './config/signer-schema.ts';
import { judgeTlsSocket, TLS_SOCKET_UNIT } from './http/judge-tls-socket.ts';
import { findAccount, runAsUser } from './run-as-user.ts';
import { loadFiles } from './signer.ts';

/** User= of our unit. */
export const SERVICE_USER = 'nodemgr-ticket-signer';

export interface CheckOptions {
  readonly config: string;
  /** As whom to look; absent: the service's user where root looks at the installed configuration. */
  readonly user?: string | undefined;
}

/**
 * isTlsSocketEnabled reports whether systemd listens for TLS once it has started, as systemctl(1) enable has
 * it below `root`; undefined where no systemd runs, so that the signer listens itself (sd_booted(3)).
 */
export function isTlsSocketEnabled(root: string): boolean | undefined {
  if (!existsSync(join(root, 'run/systemd/system'))) return undefined;
  const link = join(root, 'etc/systemd/system/sockets.target.wants', TLS_SOCKET_UNIT);
  return lstatSync(link, { throwIfNoEntry: false }) !== undefined;
}

function checkSocket({ tls }: SignerConfig): void {
  const listening = isTlsSocketEnabled('/');
  if (listening === undefined) return;
  const why = judgeTlsSocket({ configured: tls !== undefined, listening });
  if (why !== undefined) throw new Error(why);
}

/** asWhom returns the user to look as; undefined: the one that this process runs as, whose id is `own`. */
export function asWhom(
  { config, user }: CheckOptions,
  own: number | undefined,
): string | undefined {
  return user ?? (config === INSTALLED_CONFIG && own === 0 ? SERVICE_USER : undefined);
}

/** Returns what it found, in one line. */
function look(file: string): string {
  const config = loadSignerConfig(file);
  const { key } = asConfigError(file, () => loadFiles(config));
  if (file === INSTALLED_CONFIG) asConfigError(file, () => checkSocket(config));
  return `${file}: good; ${config.callers.length} callers, signs with the key ${key.fingerprint}`;
}

/**
 * checkSigner writes what it finds in one line, and returns the exit status; throws a ConfigError that says
 * what is wrong. Looked at as another user, that one's process writes it and says so by its status.
 */
export function checkSigner(options: CheckOptions): number {
  const { config: file } = options;
  const own = process.geteuid?.();
  const user = asWhom(options, own);
  const account = user === undefined ? undefined : asConfigError(file, () => findAccount(user));
  if (account !== undefined && account.uid !== own) {
    const args = ['--check', '--config', file, '--user', account.name];
    return asConfigError(file, () => runAsUser(account, args));
  }
  process.stdout.write(`${look(file)}\n`);
  return 0;
}
