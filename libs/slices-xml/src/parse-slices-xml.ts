/**
 * slices.xml in, what it says about one node out. Puts the steps together: condense, read, judge; each
 * has its own file. Pure: bytes in, values out, and no input makes it throw.
 */
import { Buffer, constants, isUtf8 } from 'node:buffer';
import { MAX_RECORDS } from '@nodemgr/records';
import { type CondensedText, condense, sourcePosition } from './condense.ts';
import { judgeSlices, type Problem } from './judge-slices.ts';
import { locate } from './locate.ts';
import { DocumentRefused, type RawDocument, readDocument } from './read-document.ts';
import type { RefusedDocument, SlicesDocument } from './slices-document.ts';

/** More than anyone reads; the rest is counted. */
const MAX_PROBLEMS = 1000;

/** The text that is parsed, with the way back to the source. */
interface Prepared {
  readonly source: string;
  readonly text: string;
  /** Position in `source` of a position in `text`. */
  toSource(position: number): number;
}

function prepare(source: string, condensed: CondensedText): Prepared {
  const bytes = Buffer.from(condensed.text, 'latin1');
  const text = bytes.toString('utf8');
  const inBytes = (position: number): number =>
    text.length === bytes.length ? position : Buffer.byteLength(text.slice(0, position));
  const toSource = (position: number) => sourcePosition(condensed.cuts, inBytes(position));
  return { source, text, toSource };
}

function refuse(source: string, at: number, reason: string): RefusedDocument {
  const [place] = locate(source, [{ at }]);
  return { ok: false, reason: `line ${place?.line ?? 1}: ${reason}` };
}

function describe(prepared: Prepared, problems: readonly Problem[]): readonly string[] {
  const shown = problems
    .slice(0, MAX_PROBLEMS)
    .map(({ at, text }) => ({ at: prepared.toSource(at), text }));
  const lines = locate(prepared.source, shown).map(
    ({ line, item }) => `line ${line}: ${item.text}`,
  );
  const more = problems.length - shown.length;
  return more === 0 ? lines : [...lines, `and ${more} more`];
}

function accept(prepared: Prepared, raw: RawDocument): SlicesDocument {
  const { slices, problems } = judgeSlices(raw);
  if (slices.length > MAX_RECORDS) {
    return { ok: false, reason: `it gives this node more than ${MAX_RECORDS} slices` };
  }
  const totals = { slices: raw.slices.length, ours: slices.length };
  return {
    ok: true,
    version: raw.version,
    slices,
    totals,
    problems: describe(prepared, problems),
  };
}

/**
 * parseSlicesXml reads a whole slices.xml (UTF-8) for the node with that id. It never throws: a
 * document that is not well-formed, was cut short, has another root, declares anything (`<!DOCTYPE`)
 * or is not UTF-8 comes back as refused.
 */
export function parseSlicesXml(bytes: Uint8Array, nodeId: number): SlicesDocument {
  if (bytes.byteLength > constants.MAX_STRING_LENGTH) {
    return { ok: false, reason: `it has more than ${constants.MAX_STRING_LENGTH} bytes` };
  }
  if (!isUtf8(bytes)) return { ok: false, reason: 'it is not UTF-8' };
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const condensed = condense(source, nodeId);
  if ('reason' in condensed) return refuse(source, condensed.at, condensed.reason);
  const prepared = prepare(source, condensed);
  try {
    return accept(prepared, readDocument(prepared.text, nodeId));
  } catch (error) {
    if (!(error instanceof DocumentRefused)) throw error;
    return refuse(source, prepared.toSource(error.at), error.message);
  }
}
