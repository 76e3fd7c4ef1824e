/** Says what a ticket says, whoever wrote it: for people to look at, never to act on. Pure. */
import { Buffer } from 'node:buffer';
import { parseTicketXml, type TicketContent } from '@nodemgr/slices-xml';
import { judgeDocument, withSignature } from './judge-document.ts';
import { judgeSignature } from './judge-signature.ts';
import { writeXml } from './plain-xml.ts';
import { readPlainXml } from './read-plain-xml.ts';
import { refuseTicket } from './refuse-ticket.ts';

/** What a ticket claims; nothing about it was verified. */
export interface UnverifiedTicket {
  readonly content: TicketContent;
  /** The hash that its signature uses, such as `sha256`; absent: it is not signed. */
  readonly signed?: { readonly hash: string; readonly key: string };
}

/** contentOf returns what the bytes of a ticket say; throws a Fault when they cannot be used. */
export function contentOf(bytes: Uint8Array): TicketContent {
  const document = parseTicketXml(bytes);
  return document.ok ? document.content : refuseTicket(document.reason);
}

/** readTicket reads a ticket, signed or not, without verifying it; throws a Fault when it is none. */
export function readTicket(bytes: Uint8Array): UnverifiedTicket {
  const parts = judgeDocument(readPlainXml(bytes));
  const content = contentOf(Buffer.from(writeXml(withSignature(parts)), 'utf8'));
  if (parts.signature === undefined) return { content };
  const { method } = judgeSignature(parts.signature, true);
  return { content, signed: { hash: method.hash, key: method.key } };
}
