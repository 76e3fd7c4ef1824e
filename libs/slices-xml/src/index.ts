/**
 * slices.xml and the content of tickets, read: the text of a document in, what it says out. Also what every
 * authority's word is judged by: keys, and remarks on what does not count. Pure.
 */
export { TICKET_METHODS } from './judge-delegates.ts';
export { gatherKeys, type KeyRing, readRing } from './judge-keys.ts';
export { judgeLeases } from './judge-leases.ts';
export { type NamedKey, nameKey } from './name-key.ts';
export { parseSlicesXml } from './parse-slices-xml.ts';
export { parseTicketXml } from './parse-ticket-xml.ts';
export type { RawLease } from './raw-document.ts';
export { recordsFromSlices } from './records-from-slices.ts';
export { type BoundedRemarks, quote, RemarkList } from './remark-list.ts';
export { SharedIds } from './shared-ids.ts';
export type {
  AcceptedDocument,
  JudgedLeases,
  RefusedDocument,
  Remark,
  Slice,
  SlicesDocument,
} from './slices-document.ts';
export { readSshKey, type SshKeyVerdict } from './ssh-key.ts';
export { BadBlob, SshReader } from './ssh-wire.ts';
export type { TicketContent, TicketDocument, TicketNode } from './ticket-document.ts';
export { type IntegerReading, readInteger, readNatural } from './xml-integer.ts';
