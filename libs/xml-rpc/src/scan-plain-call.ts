/**
 * Recognises the kind of call that most are: a method with one string at most, in plain ASCII, without
 * references, comments, attributes or CDATA. It is a short cut past the XML parser and never another
 * opinion: what it does not recognise is not wrong, but the parser's to read.
 */
import type { XmlRpcCall } from './xml-rpc-value.ts';

/** Longer ones are no plain calls. */
const MAX_BYTES = 1024;

/** White space. */
const S = String.raw`[ \t\r\n]*`;
/** What means itself: no `&` or `<`, and no `]` and `>`, which together have a meaning even in text. */
const TEXT = String.raw`([ !-%'-;=?-\\^-~]*)`;
const VERSION = String.raw`version=(?:"1\.0"|'1\.0')`;
const ENCODING = `encoding=(?:"[uU][tT][fF]-8"|'[uU][tT][fF]-8')`;
const DECLARATION = String.raw`<\?xml ${VERSION}(?: ${ENCODING})? ?\?>${S}`;
const NAME = `<methodName>([A-Za-z0-9._:/]+)</methodName>${S}`;
/** White space inside <value> would be part of a text without <string>. */
const VALUE = `<value>(?:<string>${TEXT}</string>|${TEXT})</value>${S}`;
const PARAMS = `<params>${S}(?:<param>${S}${VALUE}</param>${S})?</params>${S}`;
const PLAIN_CALL = new RegExp(
  `^(?:${DECLARATION})?<methodCall>${S}${NAME}(?:${PARAMS})?</methodCall>${S}$`,
);

/** scanPlainCall returns what decodeCall would of a plain call; undefined: it is none. */
export function scanPlainCall(body: Uint8Array): XmlRpcCall | undefined {
  if (body.length > MAX_BYTES) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const [plain, method, typed, bare] = PLAIN_CALL.exec(text) ?? [];
  if (plain === undefined || method === undefined) return undefined;
  const param = typed ?? bare;
  return { method, params: param === undefined ? [] : [param] };
}
