/** slices.xml, read: the text of a document in, what it says about this node out. Pure. */
export { parseSlicesXml } from './parse-slices-xml.ts';
export { recordsFromSlices } from './records-from-slices.ts';
export type {
  AcceptedDocument,
  RefusedDocument,
  Slice,
  SlicesDocument,
} from './slices-document.ts';
export { readSshKey, type SshKeyVerdict } from './ssh-key.ts';
