/**
 * Makes an xml-crypto that knows the algorithms of one signature and no other. It decides nothing: what
 * the algorithms are was judged before, and what becomes of a result is the caller's. No I/O.
 */
import { Buffer } from 'node:buffer';
import { type HashAlgorithm, type SignatureAlgorithm, SignedXml } from 'xml-crypto';
import { C14N, type DigestMethod, type SignatureMethod } from './signature-methods.ts';

export interface Algorithms {
  readonly method: SignatureMethod;
  readonly digest: DigestMethod;
  /** Base64 of a digest. */
  readonly hash: (canonical: Buffer) => string;
  /** Base64 of a signature. Absent where none is to be made. */
  readonly sign?: (data: Buffer) => string;
  /** Absent where none is to be checked. */
  readonly verify?: (data: Buffer) => boolean;
}

/** What xml-crypto hands over is text or bytes; of both the UTF-8 is signed. */
const bytesOf = (data: unknown): Buffer => Buffer.from(String(data), 'utf8');

function signatureClass({ method, sign, verify }: Algorithms): new () => SignatureAlgorithm {
  return class {
    getSignature(data: unknown): string {
      if (sign === undefined) throw new Error('no signature was to be made');
      return sign(bytesOf(data));
    }
    verifySignature(data: string): boolean {
      return verify?.(bytesOf(data)) ?? false;
    }
    getAlgorithmName(): string {
      return method.uri;
    }
  };
}

function digestClass({ digest, hash }: Algorithms): new () => HashAlgorithm {
  return class {
    getHash(xml: string): string {
      return hash(bytesOf(xml));
    }
    getAlgorithmName(): string {
      return digest.uri;
    }
  };
}

/** xml-crypto refuses to work without a key. Nothing can be signed or verified with this one. */
const NO_KEY = Buffer.alloc(1);

/** narrowSignedXml returns an xml-crypto for these algorithms, which know their keys themselves. */
export function narrowSignedXml(algorithms: Algorithms): SignedXml {
  const { method, digest } = algorithms;
  const xml = new SignedXml({
    privateKey: NO_KEY,
    signatureAlgorithm: method.uri,
    canonicalizationAlgorithm: C14N,
    getCertFromKeyInfo: () => null,
    getKeyInfoContent: () => null,
  });
  xml.SignatureAlgorithms = { [method.uri]: signatureClass(algorithms) };
  xml.HashAlgorithms = { [digest.uri]: digestClass(algorithms) };
  return xml;
}
