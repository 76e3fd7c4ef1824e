/**
 * The text of a ticket in, what it says out, read and judged by the rules of slices.xml: but what would be
 * left out or ignored there makes the whole ticket refused here, because the slice's user can get a
 * better one and would not see what is missing. Knows nothing of signatures. Pure.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { type EpochSeconds, epochSeconds } from '@nodemgr/records';
import { judgeDelegates } from './judge-delegates.ts';
import { judgeSlices } from './judge-slices.ts';
import type { RawDocument, RawNode, RawSlice } from './raw-document.ts';
import { DocumentRefused, readDocument } from './read-document.ts';
import { quote } from './remark-list.ts';
import type { Slice } from './slices-document.ts';
import type { TicketContent, TicketDocument, TicketNode } from './ticket-document.ts';
import { readNatural } from './xml-integer.ts';

/** Longer is no name of a host (RFC 1035, section 2.3.4). */
const HOSTNAME = /^[A-Za-z0-9.:_-]{0,255}$/;

function judgeNode({ id, hostname }: RawNode): TicketNode | string {
  const number = readNatural(id);
  if (number === undefined) return `a <node> has ${id === undefined ? 'no id' : `id ${quote(id)}`}`;
  if (hostname === undefined) return { id: number };
  return HOSTNAME.test(hostname)
    ? { id: number, hostname }
    : `no node can be named ${quote(hostname)}`;
}

function judgeNodes(nodes: readonly RawNode[]): readonly TicketNode[] | string {
  const judged: TicketNode[] = [];
  for (const raw of nodes) {
    const node = judgeNode(raw);
    if (typeof node === 'string') return node;
    judged.push(node);
  }
  return judged.length > 0 ? judged : 'its slice names no node';
}

function judgeIssued(issued: string | undefined): EpochSeconds | string {
  // Tickets of the original carry no such thing. Their slice's <timestamp> says when the slice was
  // changed, which two tickets may share; without an order an old ticket could undo a newer one.
  if (issued === undefined) return 'its root has no `issued` (seconds since 1970)';
  const value = readNatural(issued);
  return value === undefined
    ? `its \`issued\` is ${quote(issued)}, not seconds since 1970`
    : epochSeconds(value);
}

/** Returns what the ticket says of its one slice, or why it cannot be used. */
function judgeTerms(
  issued: string | undefined,
  raw: RawSlice,
  { unreadable: _, ...slice }: Slice,
): TicketContent | string {
  const { expiry } = slice;
  if (expiry === undefined) return 'its slice has no expiry';
  const when = judgeIssued(issued);
  if (typeof when === 'string') return when;
  if (expiry <= when) return `it expires (${expiry}) before it is issued (${when})`;
  const nodes = judgeNodes(raw.nodes);
  if (typeof nodes === 'string') return nodes;
  const delegations = judgeDelegates(raw.delegates);
  if (typeof delegations === 'string') return delegations;
  return { ...slice, expiry, issued: when, nodes, delegations };
}

function judgeTicket(document: RawDocument): TicketContent | string {
  const [raw, second] = document.slices;
  if (raw === undefined) return 'it has no <slice>';
  if (second !== undefined) return 'it has more than one <slice>';
  const { slices, remarks } = judgeSlices(document);
  const trouble = remarks.find(({ severity }) => severity === 'trouble');
  if (trouble !== undefined) return trouble.text;
  const [slice] = slices;
  return slice === undefined ? 'its slice cannot be used' : judgeTerms(document.issued, raw, slice);
}

/**
 * parseTicketXml reads a ticket (UTF-8), with or without its signature, which counts for nothing here.
 * It never throws: what cannot be used as a whole comes back as refused, in one line.
 */
export function parseTicketXml(bytes: Uint8Array): TicketDocument {
  if (!isUtf8(bytes)) return { ok: false, reason: 'it is not UTF-8' };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    const content = judgeTicket(readDocument(text, { root: 'ticket' }));
    return typeof content === 'string' ? { ok: false, reason: content } : { ok: true, content };
  } catch (error) {
    if (!(error instanceof DocumentRefused)) throw error;
    return { ok: false, reason: error.message };
  }
}
