/** The text of a scalar element as a value. Pure; where in the document it stood is the caller's to say. */
import type { XmlRpcValue } from './xml-rpc-value.ts';

/** BadScalar says what an element wants and what it got, without saying where. */
export class BadScalar extends Error {
  override readonly name = 'BadScalar';
}

const SHOWN = 40;

function bad(tag: string, wants: string, text: string): never {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  throw new BadScalar(`<${tag}> wants ${wants}, got ${JSON.stringify(shown)}`);
}

const INTEGER = /^[+-]?[0-9]+$/;
/** The specification knows no exponent; Python's xmlrpc.client sends one, so it is taken. */
const DOUBLE = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const DATE_TIME =
  /^(\d{4})-?(\d{2})-?(\d{2})T(\d{2}):?(\d{2}):?(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const XML_SPACE = /[ \t\r\n]+/g;

/**
 * The specification ends <int> at 31 bits. Clients without <i8> (npm's xmlrpc, Perl's
 * Frontier::Client) send longer ones all the same, and there is but one way to take them. Beyond
 * 2^53 - 1 a JavaScript number is no longer exact, so such integers are refused.
 */
function integer(tag: string, text: string): number {
  if (!INTEGER.test(text)) bad(tag, 'a whole number', text);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) bad(tag, 'at most 9007199254740991 (2^53 - 1), + or -', text);
  // Adding 0 makes 0 of -0.
  return value + 0;
}

function double(tag: string, text: string): number {
  const value = DOUBLE.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) bad(tag, 'a finite decimal number', text);
  return value;
}

function boolean(tag: string, text: string): boolean {
  if (text !== '0' && text !== '1') bad(tag, '0 or 1', text);
  return text === '1';
}

/** Without a zone the time is taken as UTC: XML-RPC leaves it open. Fractions are dropped. */
function dateTime(tag: string, text: string): Date {
  const [, year, month, day, hour, minute, second, zone = 'Z'] = DATE_TIME.exec(text) ?? [];
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const valid = new Date(`${local}Z`);
  // Date takes February 30th for March 1st.
  if (Number.isNaN(valid.getTime()) || !valid.toISOString().startsWith(local)) {
    bad(tag, 'a date such as 20260131T23:59:59', text);
  }
  const colonZone = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const date = new Date(`${local}${colonZone}`);
  if (Number.isNaN(date.getTime())) bad(tag, 'a zone such as Z or +01:00', text);
  return date;
}

function base64(tag: string, text: string): Uint8Array {
  const packed = text.replace(XML_SPACE, '');
  if (packed.length % 4 !== 0 || !BASE64.test(packed)) bad(tag, 'base64', text);
  return new Uint8Array(Buffer.from(packed, 'base64'));
}

function nil(tag: string, text: string): null {
  if (text !== '') bad(tag, 'nothing inside', text);
  return null;
}

type Parse = (tag: string, text: string) => XmlRpcValue;

/**
 * What Apache's XML-RPC adds to the specification. Apache's own client and xmlrpc-c send `ex:i8`, others `i8`: a
 * type that is nothing but a wider or narrower number is that number. Namespaces are not read: those clients always
 * write the prefix `ex`, and so must others, whatever they declare it to be.
 */
const EXTENSIONS: readonly (readonly [tag: string, parse: Parse])[] = [
  ['i1', integer],
  ['i2', integer],
  ['i8', integer],
  ['biginteger', integer],
  ['float', double],
  ['bigdecimal', double],
  ['dateTime', dateTime],
  ['nil', nil],
];

/** Everything but strings ignores white space around the text. */
const TRIMMED: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ['int', integer],
  ['i4', integer],
  ['double', double],
  ['boolean', boolean],
  ['dateTime.iso8601', dateTime],
  ['base64', base64],
  ...EXTENSIONS,
  ...EXTENSIONS.map(([tag, parse]) => [`ex:${tag}`, parse] as const),
  ['ex:i4', integer],
]);

/** The elements that hold a scalar. */
export const SCALARS: readonly string[] = ['string', ...TRIMMED.keys()];

const isXmlSpace = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
};

/** trimXml removes what XML calls white space (and nothing else) from both ends. */
export function trimXml(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isXmlSpace(text, start)) start += 1;
  while (end > start && isXmlSpace(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

/** parseScalar returns the value of the scalar element `tag` with the text `text`; throws BadScalar. */
export function parseScalar(tag: string, text: string): XmlRpcValue {
  const parse = TRIMMED.get(tag);
  return parse === undefined ? text : parse(tag, trimXml(text));
}
