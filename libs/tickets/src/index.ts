/** Tickets, signed and verified: what an authority vouches for, as XML with an enveloped signature. No I/O. */
export type { TicketContent, TicketNode } from '@nodemgr/slices-xml';
export { type DraftElement, type DraftNode, readDraftXml, writeDraftXml } from './draft-xml.ts';
export { ISSUED_TOLERANCE } from './judge-ticket.ts';
export { MAX_TICKET_BYTES } from './read-plain-xml.ts';
export { readTicket, type UnverifiedTicket } from './read-ticket.ts';
export { refuseForeign } from './refuse-foreign.ts';
export { refuseTicket } from './refuse-ticket.ts';
export { type SignOptions, signTicket } from './sign-ticket.ts';
export { readTrustedKeys, type TrustedKey } from './trusted-keys.ts';
export { type VerifiedTicket, type VerifyOptions, verifyTicket } from './verify-ticket.ts';

/**
 * loadVerifyTicket returns verifyTicket once it is loaded. xml-crypto and the parsers below it are a third of
 * what a process loads that has them: one that may never see a ticket loads them with its first.
 */
export async function loadVerifyTicket() {
  return (await import('./verify-ticket.ts')).verifyTicket;
}
