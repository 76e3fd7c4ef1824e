/** What must hold of the reader and the writer of XML-RPC, whatever the bytes. Pure. */
import { Fault } from '@nodemgr/faults';
import {
  decodeCall,
  decodeResponse,
  encodeCall,
  encodeResponse,
  type XmlRpcCall,
  type XmlRpcValue,
} from '@nodemgr/xml-rpc';
import { sameValue } from './same-value.ts';

/** What is wrong, in one line; undefined: nothing. */
export type Verdict = string | undefined;

/** What the reader made of some bytes. */
export type Decoded =
  | { readonly kind: 'call'; readonly call: XmlRpcCall }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'broken'; readonly error: unknown };

/** The reason goes to the caller and into the log. */
const MAX_REASON = 1500;

/** decode returns what the reader makes of `body`; only Fault 'not-xml-rpc' is a refusal. */
export function decode(body: Uint8Array): Decoded {
  try {
    return { kind: 'call', call: decodeCall(body) };
  } catch (error) {
    if (error instanceof Fault && error.kind === 'not-xml-rpc') {
      return { kind: 'refused', reason: error.message };
    }
    return { kind: 'broken', error };
  }
}

const shown = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

export function sameCall(one: XmlRpcCall, other: XmlRpcCall): boolean {
  return one.method === other.method && sameValue([...one.params], [...other.params]);
}

/** A zone can carry a date of year 0 or 9999 out of the years that XML-RPC can write. */
function hasUnwritableDate(value: XmlRpcValue): boolean {
  if (value instanceof Date) return value.toISOString().length !== 24;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.values(value).some(hasUnwritableDate);
}

/** What has been read is written and read again, and must be the same. */
function judgeRewriting(call: XmlRpcCall): Verdict {
  if (call.params.some(hasUnwritableDate)) return undefined;
  const again = decode(Buffer.from(encodeCall(call.method, call.params)));
  if (again.kind !== 'call')
    return `what was read cannot be written and read again: ${JSON.stringify(again)}`;
  return sameCall(call, again.call) ? undefined : 'written and read again, a call is another one';
}

/** Whether a document may have been read by the short cut for plain calls (one string at most). */
const mayBePlain = (body: Uint8Array, { params }: XmlRpcCall): boolean =>
  body[0] === 0x3c && params.length <= 1 && typeof (params[0] ?? '') === 'string';

/** A comment behind the document changes nothing but the way on which it is read. */
const COMMENT = Buffer.from('<!---->');

/** What the short cut reads, the XML parser must read as the same. */
function judgeShortCut(body: Uint8Array, call: XmlRpcCall): Verdict {
  if (!mayBePlain(body, call)) return undefined;
  const parsed = decode(Buffer.concat([body, COMMENT]));
  if (parsed.kind === 'call' && sameCall(call, parsed.call)) return undefined;
  return 'with a comment behind it, a call is another one';
}

/** judgeDecoding judges what the reader made of a body that means `meant`, if that is known. */
export function judgeDecoding(
  body: Uint8Array,
  decoded: Decoded,
  meant: XmlRpcCall | undefined,
): Verdict {
  if (decoded.kind === 'broken') return `the reader threw ${shown(decoded.error)}`;
  if (decoded.kind === 'refused') {
    if (meant !== undefined) return `a good document is refused: ${decoded.reason}`;
    return decoded.reason.length > MAX_REASON ? 'the reason of a refusal is too long' : undefined;
  }
  if (meant !== undefined && !sameCall(meant, decoded.call)) return 'a document is read wrongly';
  return judgeShortCut(body, decoded.call) ?? judgeRewriting(decoded.call);
}

/** XML 1.0, section 2.2: what a document may contain; halves of surrogate pairs are not among it. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return code < 0xd800 || (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
}

/** carried returns text as XML can carry it: U+FFFD in the place of every other character. */
const carried = (text: string): string =>
  Array.from(text, (one) => (isCharacter(one.codePointAt(0) ?? 0) ? one : '\ufffd')).join('');

/** judgeText judges the writer on text that may hold what XML cannot carry. */
export function judgeText(text: string): Verdict {
  const answer = decodeResponse(Buffer.from(encodeResponse({ [text]: [text] })));
  if (answer.kind !== 'value') return 'a value is written as a fault';
  const name = carried(text);
  if (sameValue(answer.value, { [name]: [name] })) return undefined;
  return `text is carried wrongly: ${JSON.stringify(text)}`;
}
