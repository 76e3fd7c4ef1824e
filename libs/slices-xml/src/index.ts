/** slices.xml and the content of tickets, read: the text of a document in, what it says out. Pure. */
export { TICKET_METHODS } from './judge-delegates.ts';
export { type NamedKey, nameKey } from './name-key.ts';
export { parseSlicesXml } from './parse-slices-xml.ts';
export { parseTicketXml } from './parse-ticket-xml.ts';
export { recordsFromSlices } from './records-from-slices.ts';
export type {
  AcceptedDocument,
  RefusedDocument,
  Remark,
  Slice,
  SlicesDocument,
} from './slices-document.ts';
export { readSshKey, type SshKeyVerdict } from './ssh-key.ts';
export type { TicketContent, TicketDocument, TicketNode } from './ticket-document.ts';
