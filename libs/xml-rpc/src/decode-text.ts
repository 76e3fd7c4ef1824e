/**
 * The bytes of a body as text: finds out the encoding (XML 1.0, appendix F) and refuses bytes that
 * are not of it. It does not parse XML. What HTTP says about the character set is not asked.
 */
import { TextDecoder } from 'node:util';
import { Fault } from '@nodemgr/faults';

/** Enough for an XML declaration; one that is longer is not looked at. */
const DECLARATION_BYTES = 200;
const DECLARED = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']/;

const LESS_THAN = 0x3c;
const BYTE_ORDER_MARKS = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
] as const;

/** Of nearly every body; it keeps nothing between two of them. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

const LATIN1 = new Set(['iso-8859-1', 'iso8859-1', 'iso_8859-1', 'latin1']);
const ASCII = new Set(['us-ascii', 'ascii']);

function refuse(text: string): never {
  throw new Fault('not-xml-rpc', text);
}

const markedEncoding = (body: Uint8Array): string | undefined =>
  BYTE_ORDER_MARKS.find(({ bytes }) => bytes.every((byte, index) => body[index] === byte))
    ?.encoding;

function encodingOf(body: Uint8Array): string {
  // Nearly every body begins with its first tag, and no mark does.
  const marked = body[0] === LESS_THAN ? undefined : markedEncoding(body);
  if (marked !== undefined) return marked;
  const length = Math.min(body.length, DECLARATION_BYTES);
  const start = Buffer.from(body.buffer, body.byteOffset, length).toString('latin1');
  const declared = (DECLARED.exec(start)?.[1] ?? 'utf-8').toLowerCase();
  if (declared.startsWith('utf-16')) refuse('UTF-16 text must begin with a byte order mark');
  return declared;
}

function decoderFor(encoding: string): TextDecoder {
  if (encoding === 'utf-8') return UTF8;
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    return refuse(`the encoding '${encoding}' is not supported; use UTF-8`);
  }
}

/**
 * decodeText returns a body as text, without a byte order mark. Throws Fault 'not-xml-rpc' for an
 * encoding that is not known and for bytes that the encoding does not have.
 */
export function decodeText(body: Uint8Array): string {
  const encoding = encodingOf(body);
  // TextDecoder takes both names to mean windows-1252, which XML does not.
  if (LATIN1.has(encoding)) return Buffer.from(body).toString('latin1');
  // Perl's RPC::XML declares US-ASCII unless told otherwise, and sends UTF-8.
  const isAscii = ASCII.has(encoding);
  try {
    return decoderFor(isAscii ? 'utf-8' : encoding).decode(body);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const named = isAscii ? 'neither US-ASCII nor UTF-8' : `not ${encoding.toUpperCase()}`;
    return refuse(`the text is ${named}`);
  }
}
