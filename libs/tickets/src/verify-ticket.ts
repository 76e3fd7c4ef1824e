/**
 * Bytes that anyone may have sent in, a record that a trusted authority has vouched for out. The steps,
 * each in its own file, in the order that makes them sound:
 *
 * 1. read the bytes into plain XML, refusing what two parsers may understand differently;
 * 2. find the one signature, in the one form allowed;
 * 3. write the document anew: xml-crypto and its parser never see what the sender wrote;
 * 4. have xml-crypto check it with the keys of the trust list, and take from it the bytes digested;
 * 5. read the slice from those bytes, and judge it for this node and now.
 *
 * No I/O; the clock is the caller's.
 */
import type { SliverRecord } from '@nodemgr/records';
import { signedContent } from './check-signature.ts';
import { judgeDocument } from './judge-document.ts';
import { judgeSignature } from './judge-signature.ts';
import { type Circumstances, judgeTicket, recordFromTicket } from './judge-ticket.ts';
import { readPlainXml } from './read-plain-xml.ts';
import { contentOf } from './read-ticket.ts';
import { refuseTicket } from './refuse-ticket.ts';
import type { TrustedKey } from './trusted-keys.ts';

export interface VerifyOptions extends Circumstances {
  /** Who may vouch for a ticket; nobody else may. */
  readonly trusted: readonly TrustedKey[];
  /** Whether signatures and digests with SHA-1 count, which old tools make. */
  readonly allowRsaSha1?: boolean;
}

export interface VerifiedTicket {
  /** Its timestamp is when the ticket was issued. */
  readonly record: SliverRecord;
  /** The fingerprint of the trusted key that signed it. */
  readonly signer: string;
}

/** verifyTicket returns the record that a ticket grants; throws a Fault that says in one line why not. */
export function verifyTicket(bytes: Uint8Array, options: VerifyOptions): VerifiedTicket {
  const parts = judgeDocument(readPlainXml(bytes));
  if (parts.signature === undefined) refuseTicket('it is not signed');
  const form = judgeSignature(parts.signature, options.allowRsaSha1 ?? false);
  const { canonical, signer } = signedContent(parts, form, options.trusted);
  const content = contentOf(canonical);
  judgeTicket(content, options);
  return { record: recordFromTicket(content), signer: signer.fingerprint };
}
