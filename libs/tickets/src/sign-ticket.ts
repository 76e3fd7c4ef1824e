/**
 * Signs tickets. A text that somebody sent is never signed as it is: it is read by the rules of tickets
 * and written anew, so that what is signed is what the signer, and its log, understood. No I/O.
 */
import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Fault } from '@nodemgr/faults';
import { canonicalJson } from '@nodemgr/records';
import type { TicketContent } from '@nodemgr/slices-xml';
import { fingerprintOf, judgeKey } from './judge-key.ts';
import { narrowSignedXml } from './narrow-xml-crypto.ts';
import { readTicket } from './read-ticket.ts';
import { refuseKey } from './refuse-ticket.ts';
import {
  C14N,
  DIGEST_METHODS,
  type DigestMethod,
  digestOf,
  ENVELOPED,
  type KeyKind,
  SIGNATURE_METHODS,
  type SignatureMethod,
  signatureOf,
} from './signature-methods.ts';
import { verifyTicket } from './verify-ticket.ts';
import { writeTicket } from './write-ticket.ts';

/** makeSignature returns the `<Signature>` that belongs at the end of the root of `document`. */
function makeSignature(
  document: string,
  key: KeyObject,
  { method, digest }: { readonly method: SignatureMethod; readonly digest: DigestMethod },
): string {
  const xml = narrowSignedXml({
    method,
    digest,
    hash: (canonical) => digestOf(digest, canonical),
    sign: (data) => signatureOf(method, data, key),
  });
  xml.addReference({
    xpath: '/*',
    isEmptyUri: true,
    transforms: [ENVELOPED, C14N],
    digestAlgorithm: digest.uri,
  });
  xml.computeSignature(document);
  return xml.getSignatureXml();
}

export interface SignOptions {
  /** Of an RSA signature; SHA-256 where absent. The digest is always SHA-256. */
  readonly hash?: 'sha256' | 'sha512';
}

interface SigningKey {
  readonly key: KeyObject;
  readonly kind: KeyKind;
}

function readSigningKey(pem: string): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    refuseKey(
      'the signing key',
      'it is no private key in PEM that can be read without a passphrase',
      cause,
    );
  }
  const verdict = judgeKey(key);
  if ('why' in verdict) refuseKey('the signing key', verdict.why);
  return { key, kind: verdict.kind };
}

function methodFor(kind: KeyKind, hash: 'sha256' | 'sha512') {
  if (kind === 'p256') return SIGNATURE_METHODS['ecdsa-sha256'];
  return SIGNATURE_METHODS[hash === 'sha512' ? 'rsa-sha512' : 'rsa-sha256'];
}

/** Brings what has no order into one order, each thing once. */
function ordered({ ssh_keys, delegations, ...rest }: TicketContent) {
  const keys = new Set(ssh_keys.split('\n'));
  const pairs = new Set(delegations.map((pair) => pair.join(' ')));
  return { ...rest, ssh_keys: [...keys].sort(), delegations: [...pairs].sort() };
}

/** Returns the unsigned text; throws a Fault when a node would read anything else from it. */
function writeChecked(content: TicketContent): string {
  const unsigned = writeTicket(content);
  const read: Readonly<Record<string, unknown>> = ordered(
    readTicket(Buffer.from(unsigned, 'utf8')).content,
  );
  for (const [field, wanted] of Object.entries(ordered(content))) {
    if (canonicalJson(read[field]) === canonicalJson(wanted)) continue;
    throw new Fault('bad-argument', `a node would not read the ${field} that was asked for`);
  }
  return unsigned;
}

/** A ticket that would be refused must not leave the signer: its user would find out at a node. */
function checkSigned(ticket: string, content: TicketContent, { key, kind }: SigningKey): void {
  const [node] = content.nodes;
  verifyTicket(Buffer.from(ticket, 'utf8'), {
    trusted: [{ key: createPublicKey(key), kind, fingerprint: fingerprintOf(key) }],
    nodeId: node?.id ?? 0,
    now: content.issued,
  });
}

/**
 * signTicket returns a signed ticket (ASCII) for `source`: what it is to say, or the text of an unsigned
 * ticket. Throws a Fault when that is no ticket, is signed already, or the key cannot be used.
 */
export function signTicket(
  source: TicketContent | Uint8Array | string,
  privateKeyPem: string,
  { hash = 'sha256' }: SignOptions = {},
): string {
  const signing = readSigningKey(privateKeyPem);
  const content = contentToSign(source);
  const unsigned = writeChecked(content);
  const method = methodFor(signing.kind, hash);
  const signature = makeSignature(unsigned, signing.key, {
    method,
    digest: DIGEST_METHODS.sha256,
  });
  const root = unsigned.slice(0, unsigned.lastIndexOf('</ticket>'));
  const ticket = `<?xml version="1.0" encoding="UTF-8"?>\n${root}${signature}</ticket>\n`;
  checkSigned(ticket, content, signing);
  return ticket;
}

function contentToSign(source: TicketContent | Uint8Array | string): TicketContent {
  if (typeof source === 'object' && !(source instanceof Uint8Array)) return source;
  const { content, signed } = readTicket(Buffer.from(source));
  if (signed === undefined) return content;
  throw new Fault('bad-argument', 'the ticket is signed already');
}
