/**
 * slices.xml in, what it says about one node out. Puts the steps together: condense, read, judge; each
 * has its own file. Pure: bytes in, values out, and no input makes it throw.
 */
import { Buffer, constants, isUtf8 } from 'node:buffer';
import { type EpochSeconds, epochSeconds, MAX_RECORDS } from '@nodemgr/records';
import { type Cut, condense } from './condense.ts';
import { judgeSlices } from './judge-slices.ts';
import { DocumentRefused, readDocument } from './read-document.ts';
import type { BoundedRemarks } from './remark-list.ts';
import type { RefusedDocument, Remark, SlicesDocument } from './slices-document.ts';
import { readNatural, readTime } from './xml-integer.ts';

/** A text that was parsed, and how it came about. */
interface ParsedText {
  /** One character a byte. */
  readonly source: string;
  /** The source without its cuts, decoded. */
  readonly text: string;
  readonly cuts: readonly Cut[];
}

interface Located<T> {
  readonly line: number;
  readonly item: T;
}

/** Goes through the text once, whatever the number of positions asked for; they must not go back. */
class Walk {
  #characters = 0;
  #bytes = 0;
  #cut = 0;
  #removed = 0;
  #line = 1;
  #newline: number;

  constructor(private readonly parsed: ParsedText) {
    this.#newline = parsed.source.indexOf('\n');
  }

  /** The line, from 1, of the character at `position` in the text. */
  lineAt(position: number): number {
    const { source } = this.parsed;
    const at = this.#inSource(position);
    while (this.#newline !== -1 && this.#newline < at) {
      this.#line += 1;
      this.#newline = source.indexOf('\n', this.#newline + 1);
    }
    return this.#line;
  }

  #inSource(position: number): number {
    const { text, cuts } = this.parsed;
    this.#bytes += Buffer.byteLength(text.slice(this.#characters, position));
    this.#characters = position;
    for (let cut = cuts[this.#cut]; cut && cut.at < this.#bytes; cut = cuts[this.#cut]) {
      this.#removed += cut.removed;
      this.#cut += 1;
    }
    return this.#bytes + this.#removed;
  }
}

/** locate returns the items with the lines of their positions in the text, in the order of the text. */
function locate<T extends { readonly at: number }>(
  parsed: ParsedText,
  items: readonly T[],
): readonly Located<T>[] {
  const walk = new Walk(parsed);
  return [...items]
    .sort((a, b) => a.at - b.at)
    .map((item) => ({ line: walk.lineAt(item.at), item }));
}

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

function read(parsed: ParsedText, nodeId: number, asOf: EpochSeconds): SlicesDocument {
  const raw = readDocument(parsed.text, { root: 'planetlab_slices', nodeId });
  const { slices, leases, ours, ...remarks } = judgeSlices(raw, asOf);
  if (slices.length > MAX_RECORDS) {
    return refuse(`it gives this node more than ${MAX_RECORDS} slices`);
  }
  const [issued, serial] = [readTime(raw.issued), readNatural(raw.serial)];
  return {
    ok: true,
    version: raw.version,
    ...(issued === undefined ? {} : { issued: epochSeconds(issued) }),
    ...(serial === undefined ? {} : { serial }),
    slices,
    ...(leases === undefined ? {} : { leases }),
    totals: { slices: raw.slices.length, ours },
    remarks: describe(parsed, remarks),
  };
}

/**
 * parseSlicesXml reads a whole slices.xml (UTF-8) for the node with that id, as it came at `asOf`;
 * without it, no lease of the document was over by then. It never throws: a document that is not
 * well-formed, was cut short, has another root, declares anything (`<!DOCTYPE`) or is not UTF-8 comes
 * back as refused.
 */
export function parseSlicesXml(
  bytes: Uint8Array,
  nodeId: number,
  asOf = epochSeconds(0),
): SlicesDocument {
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
    return read(parsed, nodeId, asOf);
  } catch (error) {
    if (!(error instanceof DocumentRefused)) throw error;
    return refuseAt(parsed, error.at, error.message);
  }
}
