/**
 * Has xml-crypto check the signature of a ticket, on text that this library wrote itself, and takes from
 * it the bytes that were signed. The form of the signature was judged before. No I/O.
 */
import { Buffer } from 'node:buffer';
import { canonicalXml } from './canonical-xml.ts';
import { type TicketParts, withSignature } from './judge-document.ts';
import type { SignatureForm } from './judge-signature.ts';
import { narrowSignedXml } from './narrow-xml-crypto.ts';
import { writeXml } from './plain-xml.ts';
import { refuseTicket } from './refuse-ticket.ts';
import { digestOf, isSignatureOf } from './signature-methods.ts';
import type { TrustedKey } from './trusted-keys.ts';

export interface SignedContent {
  /** The very bytes that were digested: what is used of a ticket is read from these alone. */
  readonly canonical: Buffer;
  readonly signer: TrustedKey;
}

function refuseUntrusted(cause?: unknown): never {
  refuseTicket('no key that this node trusts has signed it', { kind: 'permission-denied', cause });
}

/** Which of the keys made the signature: xml-crypto asks this once it knows what was signed. */
class SignerSearch {
  signer: TrustedKey | undefined;
  /** Whether it was asked at all. */
  asked = false;

  constructor(
    private readonly form: SignatureForm,
    private readonly keys: readonly TrustedKey[],
  ) {}

  find(data: Buffer): boolean {
    const { method, value } = this.form;
    this.asked = true;
    this.signer = this.keys.find(({ key }) => isSignatureOf(method, data, key, value));
    return this.signer !== undefined;
  }
}

/** Returns what xml-crypto says that the signature covers; `hash` says which digest that has. */
function canonicalOf(
  document: string,
  form: SignatureForm,
  search: SignerSearch,
  hash: (canonical: Buffer) => string,
): string {
  const xml = narrowSignedXml({ ...form, hash, verify: (data) => search.find(data) });
  let unchanged: boolean;
  try {
    xml.loadSignature(writeXml(form.element));
    unchanged = xml.checkSignature(document);
  } catch (cause) {
    // xml-crypto throws, instead of saying no, when no key fits.
    if (search.asked) return refuseUntrusted(cause);
    refuseTicket('its signature cannot be read', { cause });
  }
  if (!unchanged) refuseTicket('it was changed after it was signed');
  const [canonical, second] = xml.getSignedReferences();
  if (canonical !== undefined && second === undefined) return canonical;
  refuseTicket('its signature covers something else than the whole ticket');
}

/** One check of one document, with the keys that fit the signature. */
function check(
  document: string,
  form: SignatureForm,
  trusted: readonly TrustedKey[],
  hash: (canonical: Buffer) => string,
): SignedContent {
  const fitting = trusted.filter(({ kind }) => kind === form.method.key);
  const search = new SignerSearch(form, fitting);
  const canonical = Buffer.from(canonicalOf(document, form, search, hash), 'utf8');
  const { signer } = search;
  return signer === undefined ? refuseUntrusted() : { canonical, signer };
}

/**
 * Finds who signed the `<SignedInfo>`, with all else taken out of the document and the digest taken on
 * trust. xml-crypto works on a document in more than linear time before it looks at the signature: without
 * this, anybody at all could make a node spend a third of a second on each ticket.
 */
function signerOf(
  { root }: TicketParts,
  form: SignatureForm,
  trusted: readonly TrustedKey[],
): TrustedKey {
  const empty = writeXml({ name: root.name, attributes: new Map(), children: [form.element] });
  return check(empty, form, trusted, () => form.digestValue).signer;
}

/** A document that is another than the signed one goes no further: xml-crypto would take far longer to say so. */
function checkDigest(parts: TicketParts, { digest, digestValue }: SignatureForm): void {
  const canonical = Buffer.from(canonicalXml(withSignature(parts)), 'utf8');
  if (digestOf(digest, canonical) !== digestValue)
    refuseTicket('it was changed after it was signed');
}

/** signedContent returns what a ticket's signature covers and whose it is; throws a Fault otherwise. */
export function signedContent(
  parts: TicketParts,
  form: SignatureForm,
  trusted: readonly TrustedKey[],
): SignedContent {
  const signer = signerOf(parts, form, trusted);
  checkDigest(parts, form);
  const document = writeXml(withSignature(parts, form.element));
  return check(document, form, [signer], (canonical) => digestOf(form.digest, canonical));
}
