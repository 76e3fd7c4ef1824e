/** Makes the signature of a ticket. What is signed, and whether it may be, is decided elsewhere. No I/O. */
import type { KeyObject } from 'node:crypto';
import { narrowSignedXml } from './narrow-xml-crypto.ts';
import {
  C14N,
  type DigestMethod,
  digestOf,
  ENVELOPED,
  type SignatureMethod,
  signatureOf,
} from './signature-methods.ts';

/** makeSignature returns the `<Signature>` that belongs at the end of the root of `document`. */
export function makeSignature(
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
