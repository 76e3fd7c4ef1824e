/** Finds whose signatures count, and for which node: on the command line, else in the node's configuration. */
import { existsSync } from 'node:fs';
import type { Config } from '@nodemgr/config';
import { readTrustedKeys } from '@nodemgr/tickets';
import type { Session } from '../session.ts';
import type { Trust } from './judge-by-trust.ts';
import { readConfiguredKeys, readPublicKeys } from './read-input.ts';

export interface TrustOptions {
  /** File with public keys and certificates in PEM. */
  readonly keys?: string;
  /** Id of the node. */
  readonly node?: number;
  readonly allowSha1?: boolean;
}

/** Thrown for an option that is neither on the command line nor in a configuration. */
export class MissingOption extends Error {
  override readonly name = 'MissingOption';
}

/** On an authority's machine there is no node. Throws ConfigError for a configuration that cannot be used. */
function configOf({ configFile, config }: Session): Config | undefined {
  return existsSync(configFile) ? config() : undefined;
}

function missing(option: string, { configFile }: Session): never {
  throw new MissingOption(`${option} is needed: there is no configuration at ${configFile}`);
}

/** findNode returns the id of the node that is meant; throws MissingOption when neither names one. */
export function findNode(session: Session, { node }: TrustOptions): number {
  return node ?? configOf(session)?.node.id ?? missing('--node', session);
}

/**
 * findTrust reads the keys that count. Rejects with MissingOption when neither names them, with a Fault or
 * the system's error when they cannot be read.
 */
export async function findTrust(session: Session, options: TrustOptions): Promise<Trust> {
  const { keys } = options;
  const settings = keys === undefined ? configOf(session)?.tickets : undefined;
  const origin = keys ?? settings?.trusted_keys_file ?? missing('--keys', session);
  const text = keys === undefined ? readConfiguredKeys(origin) : await readPublicKeys(keys);
  return {
    keys: readTrustedKeys(text),
    allowSha1: options.allowSha1 ?? settings?.allow_rsa_sha1 ?? false,
    origin,
  };
}
