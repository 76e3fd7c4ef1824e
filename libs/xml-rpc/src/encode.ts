/// <reference path="./xmlrpc-serializer.d.ts" />
/**
 * Values to XML-RPC documents, written by the xmlrpc package's serializer. Every scalar but small
 * integers and booleans is handed to it as text, because by itself it writes `]]>` in a string, NaN,
 * exponents and integers over 31 bits wrongly. What goes out is always well-formed UTF-8.
 */
import { toUSVString } from 'node:util';
import CustomType from 'xmlrpc/lib/customtype.js';
import serializer from 'xmlrpc/lib/serializer.js';
import { isStruct, type XmlRpcValue } from './xml-rpc-value.ts';

class Scalar extends CustomType {
  constructor(tag: string, text: string) {
    super(text);
    this.tagName = tag;
  }
}

/** Characters that XML 1.0 cannot carry even as a reference (section 2.2), surrogates apart. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones meant
const UNCARRIABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const REPLACEMENT = '\ufffd';
/** Values deeper than this are a defect of ours (a cycle), not an answer. */
const MAX_DEPTH = 200;

/** carriable returns `text` with every character that XML cannot carry replaced by U+FFFD. */
function carriable(text: string): string {
  return toUSVString(text).replace(UNCARRIABLE, REPLACEMENT);
}

const isInt32 = (value: number): boolean => value === (value | 0);

/** plainDecimal writes a number without an exponent, which XML-RPC's grammar does not have. */
function plainDecimal(value: number): string {
  const [mantissa = '', exponent] = String(value).split('e');
  if (exponent === undefined) return mantissa;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point) || '0'}`;
}

function number(value: number): unknown {
  if (!Number.isFinite(value)) throw new RangeError(`XML-RPC cannot carry the number ${value}`);
  if (isInt32(value)) return value;
  if (Number.isSafeInteger(value)) return new Scalar('i8', String(value));
  return new Scalar('double', plainDecimal(value));
}

function dateTime(value: Date): Scalar {
  const text = Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (text.length !== 24)
    throw new RangeError('XML-RPC cannot carry a date without a 4-digit year');
  return new Scalar('dateTime.iso8601', text.slice(0, 19).replace(/-/g, ''));
}

function struct(members: Readonly<Record<string, XmlRpcValue>>, depth: number): unknown {
  const written: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(members)) {
    written[carriable(name)] = forSerializer(value, depth + 1);
  }
  return written;
}

/** forSerializer turns a value into what the serializer writes rightly. */
function forSerializer(value: XmlRpcValue, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError(`a value nests deeper than ${MAX_DEPTH} levels`);
  if (typeof value === 'string') return new Scalar('string', carriable(value));
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean' || value === null) return value;
  if (value instanceof Date) return dateTime(value);
  if (value instanceof Uint8Array) {
    return new Scalar('base64', Buffer.from(value).toString('base64'));
  }
  if (isStruct(value)) return struct(value, depth);
  return value.map((item) => forSerializer(item, depth + 1));
}

const prepared = (value: XmlRpcValue): unknown => forSerializer(value, 0);

/** An element without content; in text there is no `<`. `<nil/>` is all that its specification knows. */
const SHORT_FORM = /<(?!nil\/)([\w.]+)\/>/g;

/**
 * inLongForm writes every empty element as a start tag and an end tag. Both are the same XML, but clients
 * that look for tags as text (Debian's Tcl xmlrpc, ROS's xmlrpcpp) know no `<data/>`.
 */
const inLongForm = (xml: string): string => xml.replace(SHORT_FORM, '<$1></$1>');

/** encodeResponse writes a methodResponse; throws RangeError for a number or date it cannot carry. */
export function encodeResponse(value: XmlRpcValue): string {
  return inLongForm(serializer.serializeMethodResponse(prepared(value)));
}

/** encodeFault writes the methodResponse of a failed call. */
export function encodeFault(code: number, text: string): string {
  return inLongForm(serializer.serializeFault(prepared({ faultCode: code, faultString: text })));
}

/** encodeCall writes a methodCall; throws RangeError like encodeResponse. */
export function encodeCall(method: string, params: readonly XmlRpcValue[]): string {
  return inLongForm(serializer.serializeMethodCall(carriable(method), params.map(prepared)));
}
