/**
 * Documents that are known to hurt XML programs, as families: each member as large as it is told to
 * be. They serve to measure how time grows with length; what becomes of one is not said here.
 */

/** Makes a document of about so many bytes. */
export type Family = (bytes: number) => Uint8Array;

const fill = (piece: string, bytes: number): string =>
  piece.repeat(Math.ceil(bytes / Buffer.byteLength(piece)));

const call = (inside: string, name = 'Do'): string =>
  `<methodCall><methodName>${name}</methodName>${inside}</methodCall>`;
const withParam = (inside: string): string => call(`<params><param>${inside}</param></params>`);
const withValue = (inside: string): string => withParam(`<value>${inside}</value>`);

/** A family by the document around a filling of one piece. */
const filled =
  (piece: string, around: (filling: string) => string): Family =>
  (bytes) =>
    Buffer.from(around(fill(piece, bytes)));

const numbered = (bytes: number, piece: (index: number) => string): string => {
  const count = Math.ceil(bytes / Buffer.byteLength(piece(10_000)));
  return Array.from({ length: count }, (_, index) => piece(index)).join('');
};

const inData = (filling: string): string => withValue(`<array><data>${filling}</data></array>`);
const inStruct = (filling: string): string => withValue(`<struct>${filling}</struct>`);
const scalar = (tag: string) => (text: string) => withValue(`<${tag}>${text}</${tag}>`);

export const FAMILIES: Readonly<Record<string, Family>> = {
  'entities defined by entities': filled(
    '<!ENTITY b "&a;&a;&a;">',
    (text) => `<!DOCTYPE c [${text}]>${withValue('&b;')}`,
  ),
  'almost a DTD': filled('<!DOCTYP', scalar('string')),
  'arrays never closed': filled('<array><data><value>', withValue),
  'elements that nobody knows, nested': filled('<a>', withValue),
  'closing tags alone': filled('</value>', withValue),
  'one long string': filled('a', scalar('string')),
  'one long text without a type': filled('é', withValue),
  'one long name of a method': (bytes) => Buffer.from(call('', fill('m', bytes))),
  'one long name of an element': filled('n', (name) => withValue(`<${name}></${name}>`)),
  'one long name of an attribute': filled('n', (name) => withParam(`<value ${name}="1"/>`)),
  'one long attribute': filled('v&amp;', (text) => withParam(`<value a="${text}"/>`)),
  'attributes without end': (bytes) =>
    Buffer.from(withParam(`<value ${numbered(bytes, (index) => `a${index}="1" `)}/>`)),
  'the same attribute again and again': filled('a="1" ', (text) => withParam(`<value ${text}/>`)),
  'many comments': filled('<!---->', withValue),
  'one long comment': filled('- ', (text) => withValue(`<!--${text}-->`)),
  'a comment never closed': filled('-', (text) => withValue(`<!--${text}`)),
  'many processing instructions': filled('<?a b?>', withValue),
  'one long processing instruction': filled('?', (text) => withValue(`<?a ${text}?>`)),
  'many CDATA sections': filled('<![CDATA[a]]>', scalar('string')),
  'CDATA ends that are none': filled(']]', (text) => scalar('string')(`<![CDATA[${text}`)),
  'brackets in text': filled(']', scalar('string')),
  'predefined entities': filled('&amp;', scalar('string')),
  'references to characters': filled('&#x1F600;', scalar('string')),
  'one reference without an end': filled('1', (text) => scalar('string')(`&#${text}`)),
  'one entity without an end': filled('a', (text) => scalar('string')(`&${text}`)),
  'carriage returns': filled('\r', scalar('string')),
  'white space between elements': filled(
    ' \n',
    (text) => `<methodCall>${text}<methodName>a</methodName></methodCall>`,
  ),
  'white space around a number': filled(' ', (text) => scalar('int')(`${text}1${text}`)),
  'white space inside a number': filled(' ', (text) => scalar('int')(`1${text}1`)),
  'a number of very many digits': filled('9', scalar('int')),
  'a number with very many zeros before it': filled('0', (text) => scalar('i8')(`${text}1`)),
  'a fraction without end': filled('3', (text) => scalar('double')(`0.${text}`)),
  'a double that ends badly': filled('1', (text) => scalar('double')(`${text}x`)),
  'an exponent of very many digits': filled('9', (text) => scalar('double')(`1e-${text}`)),
  'a date with a long fraction': filled('0', (text) =>
    scalar('dateTime.iso8601')(`20260131T00:00:00.${text}!`),
  ),
  'base64 with white space between': filled('A \n', scalar('base64')),
  'base64 that ends badly': filled('AAAA', (text) => scalar('base64')(`${text}*AAA`)),
  'padding alone': filled('=', scalar('base64')),
  'many values': filled('<value/>', inData),
  'many members': (bytes) =>
    Buffer.from(
      inStruct(numbered(bytes, (index) => `<member><name>m${index}</name><value/></member>`)),
    ),
  'many members named by numbers': (bytes) =>
    Buffer.from(
      inStruct(numbered(bytes, (index) => `<member><name>${index * 7919}</name><value/></member>`)),
    ),
  'one name for all members': filled('<member><name>a</name><value/></member>', inStruct),
  'many parameters': filled('<param><value/></param>', (text) => call(`<params>${text}</params>`)),
  'many short arrays': filled('<value><array><data/></array></value>', inData),
  'a long declaration': filled(
    ' ',
    (text) => `<?xml version="1.0"${text}encoding="utf-8"?>${call('')}`,
  ),
  'bytes that are no UTF-8': (bytes) => Buffer.alloc(bytes, 0x80),
  zeros: (bytes) => Buffer.alloc(bytes),
  'UTF-16': (bytes) => Buffer.from(`\ufeff${withValue(fill('€', bytes / 2))}`, 'utf16le'),
  'characters of two units': filled('😀', scalar('string')),
  'white space alone': filled(' ', (text) => text),
  'less-than signs': filled('<', (text) => text),
  ampersands: filled('&', scalar('string')),
};
