/** Decides whether a key is one that tickets may be signed with. Reads no file. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { KeyKind } from './signature-methods.ts';

const MIN_RSA_BITS = 2048;
/** OpenSSL verifies nothing longer. */
const MAX_RSA_BITS = 16_384;

function rsaWeakness(key: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS) {
    return `it is RSA with ${modulusLength} bits; at least ${MIN_RSA_BITS} are wanted`;
  }
  if (modulusLength > MAX_RSA_BITS) return `it is RSA with more than ${MAX_RSA_BITS} bits`;
  // With the exponent 1 every number is its own signature.
  return publicExponent < 3n ? `it is RSA with the exponent ${publicExponent}` : undefined;
}

/** judgeKey returns the kind of a public or private key, or why tickets cannot be signed with it. */
export function judgeKey(key: KeyObject): { readonly kind: KeyKind } | { readonly why: string } {
  if (key.asymmetricKeyType === 'rsa') {
    const why = rsaWeakness(key);
    return why === undefined ? { kind: 'rsa' } : { why };
  }
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ec' && curve === 'prime256v1') return { kind: 'p256' };
  const found = curve === undefined ? String(key.asymmetricKeyType) : `EC on ${curve}`;
  return { why: `it is ${found}; wanted is RSA, or EC on P-256` };
}

/** fingerprintOf returns the SHA-256 of a key's public half (SubjectPublicKeyInfo, DER) in hex. */
export function fingerprintOf(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(half.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
