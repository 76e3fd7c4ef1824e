/** A call as an XML-RPC document in one of the styles and encodings that mean the same. */
import { isStruct, type XmlRpcCall, type XmlRpcStruct, type XmlRpcValue } from '@nodemgr/xml-rpc';
import type { Random } from './random.ts';
import { type Style, writeElement, writeGap, writeText } from './write-markup.ts';
import { writeBase64, writeDate, writeDouble, writeInteger } from './write-scalar.ts';

interface Encoding {
  /** Declared where the document has a declaration; undefined: none is needed. */
  readonly names: readonly [string, ...string[]];
  readonly maxRaw: number;
  readonly bytes: (text: string) => Buffer;
}

const swapped = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le').swap16();

const UTF8: Encoding = {
  names: ['utf-8', 'UTF-8', 'utf8'],
  maxRaw: 0x10ffff,
  bytes: (text) => Buffer.from(text),
};
const ENCODINGS: readonly [Encoding, ...Encoding[]] = [
  UTF8,
  { ...UTF8, bytes: (text) => Buffer.from(`\ufeff${text}`) },
  {
    names: ['UTF-16'],
    maxRaw: 0x10ffff,
    bytes: (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  },
  { names: ['utf-16'], maxRaw: 0x10ffff, bytes: swapped },
  {
    names: ['ISO-8859-1', 'latin1'],
    maxRaw: 0xff,
    bytes: (text) => Buffer.from(text, 'latin1'),
  },
  { names: ['US-ASCII', 'ascii'], maxRaw: 0x7e, bytes: (text) => Buffer.from(text) },
];

function scalar(style: Style, tag: string, text: string): string {
  const padded = style.random.oneIn(style.oddOnceIn) ? ` ${text}\n` : text;
  return writeElement(style, tag, writeText(style, padded));
}

function writeString(style: Style, text: string): string {
  const inside = writeText(style, text);
  return style.random.oneIn(3) ? inside : writeElement(style, 'string', inside);
}

function writeNumber(style: Style, value: number): string {
  const { random } = style;
  const whole = Number.isSafeInteger(value) && !random.oneIn(8);
  if (!whole) return scalar(style, 'double', writeDouble(random, value));
  return scalar(
    style,
    random.pick(['int', 'i4', 'i8', 'i2', 'ex:i8', 'biginteger']),
    writeInteger(random, value),
  );
}

function writeMembers(style: Style, members: XmlRpcStruct): string {
  const inside = Object.entries(members).map(([name, value]) => {
    const named = writeElement(style, 'name', writeText(style, name));
    const pair = writeGap(style) + named + writeGap(style) + writeValue(style, value);
    return writeElement(style, 'member', pair + writeGap(style)) + writeGap(style);
  });
  return writeElement(style, 'struct', writeGap(style) + inside.join(''));
}

function writeList(style: Style, items: readonly XmlRpcValue[]): string {
  const inside = items.map((item) => writeGap(style) + writeValue(style, item)).join('');
  const data = writeElement(style, 'data', inside + writeGap(style));
  return writeElement(style, 'array', writeGap(style) + data + writeGap(style));
}

/** writeTyped writes what stands in a <value>. */
function writeTyped(style: Style, value: XmlRpcValue): string {
  const { random } = style;
  if (typeof value === 'number') return writeNumber(style, value);
  if (typeof value === 'boolean') return scalar(style, 'boolean', value ? '1' : '0');
  if (value === null) return writeElement(style, random.pick(['nil', 'ex:nil']), '');
  if (value instanceof Date) return scalar(style, 'dateTime.iso8601', writeDate(random, value));
  if (value instanceof Uint8Array) return scalar(style, 'base64', writeBase64(random, value));
  return isStruct(value)
    ? writeMembers(style, value)
    : writeList(style, value as readonly XmlRpcValue[]);
}

function writeValue(style: Style, value: XmlRpcValue): string {
  if (typeof value === 'string') return writeElement(style, 'value', writeString(style, value));
  const inside = writeGap(style) + writeTyped(style, value) + writeGap(style);
  return writeElement(style, 'value', inside);
}

function writeParams(style: Style, params: readonly XmlRpcValue[]): string {
  if (params.length === 0 && style.random.oneIn(2)) return '';
  const inside = params.map((value) =>
    writeElement(style, 'param', writeGap(style) + writeValue(style, value) + writeGap(style)),
  );
  return writeElement(style, 'params', inside.join(writeGap(style)) + writeGap(style));
}

/** The declaration; an encoding that is neither UTF-8 nor marked by its first bytes needs it. */
function declaration({ random }: Style, { names, maxRaw }: Encoding): string {
  const name = random.pick(names);
  if (maxRaw > 0xff && random.oneIn(2)) return random.oneIn(2) ? '' : '<?xml version="1.0"?>';
  return random.oneIn(2)
    ? `<?xml version="1.0" encoding="${name}"?>`
    : `<?xml version='1.0'  encoding = '${name}' standalone='yes' ?>\n`;
}

/** writeCall returns the bytes of a document that means `call`. */
export function writeCall(random: Random, call: XmlRpcCall): Uint8Array {
  const encoding = random.oneIn(3) ? random.pick(ENCODINGS) : UTF8;
  const oddOnceIn = random.pick([3, 20, 1000]);
  const style: Style = { random, maxRaw: encoding.maxRaw, oddOnceIn };
  const name = writeElement(style, 'methodName', writeText(style, call.method));
  const inside = writeGap(style) + name + writeGap(style) + writeParams(style, call.params);
  const root = writeElement(style, 'methodCall', inside + writeGap(style));
  return encoding.bytes(declaration(style, encoding) + root);
}
