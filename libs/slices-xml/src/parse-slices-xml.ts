/**
 * slices.xml in, what it says about one node out. Puts the steps together: condense, read, judge; each
 * has its own file. Pure: bytes in, values out, and no input makes it throw.
 */
import { Buffer, constants, isUtf8 } from 'node:buffer';
import { MAX_RECORDS } from '@nodemgr/records';
import { condense } from './condense.ts';
import { judgeSlices } from './judge-slices.ts';
import { locate, type ParsedText } from './locate.ts';
import { DocumentRefused, readDocument } from './read-document.ts';
import type { BoundedRemarks } from './remark-list.ts';
import type { RefusedDocument, Remark, SlicesDocument } from './slices-document.ts';

const refuse = (reason: string): RefusedDocument => ({ ok: false, reason });

function refuseAt(parsed: ParsedText, at: number, reason: string): RefusedDocument {
  const [place] = locate(parsed, [{ at }]);
  return refuse(`line ${place?.line ?? 1}: ${reason}`);
}

function describe(parsed: ParsedText, { remarks, rest }: BoundedRemarks): readonly Remark[] {
  const lines = locate(parsed, remarks).map(({ line, item: { at: _, text, ...remark } }) => ({
    ...remark,
    text: `line ${line}: ${text}`,
  }));
  return rest === undefined ? lines : [...lines, rest];
}

function read(parsed: ParsedText, nodeId: number): SlicesDocument {
  const raw = readDocument(parsed.text, { root: 'planetlab_slices', nodeId });
  const { slices, leases, ours, ...remarks } = judgeSlices(raw);
  if (slices.length > MAX_RECORDS) {
    return refuse(`it gives this node more than ${MAX_RECORDS} slices`);
  }
  return {
    ok: true,
    version: raw.version,
    slices,
    ...(leases === undefined ? {} : { leases }),
    totals: { slices: raw.slices.length, ours },
    remarks: describe(parsed, remarks),
  };
}

/**
 * parseSlicesXml reads a whole slices.xml (UTF-8) for the node with that id. It never throws: a
 * document that is not well-formed, was cut short, has another root, declares anything (`<!DOCTYPE`)
 * or is not UTF-8 comes back as refused.
 */
export function parseSlicesXml(bytes: Uint8Array, nodeId: number): SlicesDocument {
  if (bytes.byteLength > constants.MAX_STRING_LENGTH) {
    return refuse(`it has more than ${constants.MAX_STRING_LENGTH} bytes`);
  }
  if (!isUtf8(bytes)) return refuse('it is not UTF-8');
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const condensed = condense(source, nodeId);
  if ('reason' in condensed) {
    const before = Buffer.from(source.slice(0, condensed.at), 'latin1').toString('utf8');
    return refuseAt({ source, text: before, cuts: [] }, before.length, condensed.reason);
  }
  const text = Buffer.from(condensed.text, 'latin1').toString('utf8');
  const parsed = { source, text, cuts: condensed.cuts };
  try {
    return read(parsed, nodeId);
  } catch (error) {
    if (!(error instanceof DocumentRefused)) throw error;
    return refuseAt(parsed, error.at, error.message);
  }
}
