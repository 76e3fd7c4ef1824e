/**
 * Reads the text of a trust list: the public keys whose holders may vouch for tickets. Of a certificate
 * only the key counts, not its dates or its issuer: the list says who is trusted. Reads no file.
 */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { fingerprintOf, judgeKey } from './judge-key.ts';
import { quote, refuseKey } from './refuse-ticket.ts';
import type { KeyKind } from './signature-methods.ts';

export interface TrustedKey {
  readonly key: KeyObject;
  readonly kind: KeyKind;
  /** SHA-256 of its SubjectPublicKeyInfo, hex: how logs and operators name it. */
  readonly fingerprint: string;
}

const MAX_LIST_LENGTH = 256 * 1024;
/** Every one of them is tried on every ticket. */
export const MAX_TRUSTED_KEYS = 32;
const BEGIN = '-----BEGIN ';

interface Block {
  /** `line 12`, for messages. */
  readonly where: string;
  readonly label: string;
  readonly pem: string;
}

function blockOf(rest: string, line: number): Block {
  const where = `trusted keys, line ${line}`;
  const label = /^([A-Z0-9 ]{1,64})-----/.exec(rest)?.[1];
  if (label === undefined) refuseKey(where, 'this is not how a PEM block begins');
  const end = `-----END ${label}-----`;
  const length = rest.indexOf(end);
  if (length === -1) refuseKey(where, `the block ${quote(label)} does not end`);
  return { where, label, pem: `${BEGIN}${rest.slice(0, length)}${end}\n` };
}

function splitBlocks(text: string): readonly Block[] {
  const [before = '', ...parts] = text.split(BEGIN);
  let line = before.split('\n').length;
  return parts.map((part) => {
    const block = blockOf(part, line);
    line += part.split('\n').length - 1;
    return block;
  });
}

function keyOf({ where, label, pem }: Block): KeyObject {
  if (label.includes('PRIVATE KEY')) {
    refuseKey(where, 'this is a private key; a trust list holds public keys only');
  }
  try {
    if (label === 'CERTIFICATE') return new X509Certificate(pem).publicKey;
    if (label === 'PUBLIC KEY' || label === 'RSA PUBLIC KEY') return createPublicKey(pem);
  } catch (cause) {
    refuseKey(where, `the ${label.toLowerCase()} cannot be read`, cause);
  }
  refuseKey(where, `wants a PUBLIC KEY or a CERTIFICATE, not ${quote(label)}`);
}

function trust(block: Block): TrustedKey {
  const key = keyOf(block);
  const verdict = judgeKey(key);
  if ('why' in verdict) refuseKey(block.where, verdict.why);
  return { key, kind: verdict.kind, fingerprint: fingerprintOf(key) };
}

/**
 * readTrustedKeys reads PEM public keys and certificates, each key once; text between them is ignored.
 * Throws a Fault that names the line when there is none, too many, or one that cannot be trusted.
 */
export function readTrustedKeys(text: string): readonly TrustedKey[] {
  if (text.length > MAX_LIST_LENGTH) refuseKey('trusted keys', 'the list is too long');
  const blocks = splitBlocks(text);
  if (blocks.length === 0) refuseKey('trusted keys', 'there is no PEM block in the list');
  if (blocks.length > MAX_TRUSTED_KEYS) {
    refuseKey('trusted keys', `more than ${MAX_TRUSTED_KEYS} are listed`);
  }
  const keys = blocks.map(trust);
  return [...new Map(keys.map((key) => [key.fingerprint, key])).values()];
}
