/**
 * The algorithms of XML-DSig that tickets may use (RFC 9231 names them), and what each asks of a key. No
 * other exists for this library: no HMAC, for which a public key would be a secret that everyone knows.
 */
import { constants, createHash, type KeyObject, sign, verify } from 'node:crypto';

export const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
export const C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
export const ENVELOPED = `${DSIG}enveloped-signature`;

export type KeyKind = 'rsa' | 'p256';

export interface DigestMethod {
  readonly uri: string;
  /** As node:crypto names it. */
  readonly hash: string;
  /** Bytes of a digest. */
  readonly length: number;
}

export interface SignatureMethod {
  readonly uri: string;
  readonly hash: string;
  readonly key: KeyKind;
}

export const DIGEST_METHODS = {
  sha256: { uri: 'http://www.w3.org/2001/04/xmlenc#sha256', hash: 'sha256', length: 32 },
  sha512: { uri: 'http://www.w3.org/2001/04/xmlenc#sha512', hash: 'sha512', length: 64 },
  sha1: { uri: `${DSIG}sha1`, hash: 'sha1', length: 20 },
} as const satisfies Record<string, DigestMethod>;

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
export const SIGNATURE_METHODS = {
  'rsa-sha256': { uri: `${MORE}rsa-sha256`, hash: 'sha256', key: 'rsa' },
  'rsa-sha512': { uri: `${MORE}rsa-sha512`, hash: 'sha512', key: 'rsa' },
  'ecdsa-sha256': { uri: `${MORE}ecdsa-sha256`, hash: 'sha256', key: 'p256' },
  'rsa-sha1': { uri: `${DSIG}rsa-sha1`, hash: 'sha1', key: 'rsa' },
} as const satisfies Record<string, SignatureMethod>;

/** digestOf returns the digest of `data` in base64. */
export function digestOf(method: DigestMethod, data: Uint8Array): string {
  return createHash(method.hash).update(data).digest('base64');
}

/** XML-DSig writes an ECDSA signature as r and s of fixed length (RFC 9231, section 2.3.6), not as DER. */
const keyOptions = (key: KeyObject) =>
  ({ key, dsaEncoding: 'ieee-p1363', padding: constants.RSA_PKCS1_PADDING }) as const;

/** signatureOf returns the signature of `data` in base64. */
export function signatureOf(method: SignatureMethod, data: Uint8Array, key: KeyObject): string {
  return sign(method.hash, data, keyOptions(key)).toString('base64');
}

/** isSignatureOf reports whether the holder of `key`, of the method's kind, signed `data`. */
export function isSignatureOf(
  method: SignatureMethod,
  data: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): boolean {
  return verify(method.hash, data, keyOptions(key), signature);
}
