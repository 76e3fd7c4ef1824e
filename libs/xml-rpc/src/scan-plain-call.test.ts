import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCall } from './decode.ts';
import { encodeCall } from './encode.ts';
import { DEFAULT_BOUNDS } from './read-document.ts';
import { scanPlainCall } from './scan-plain-call.ts';

const scan = (text: string) => scanPlainCall(Buffer.from(text));
const parse = (text: string) => parseCall(Buffer.from(text), DEFAULT_BOUNDS);

const call = (value: string, { declaration = '<?xml version="1.0"?>', space = '' } = {}) =>
  [
    `${declaration}<methodCall>`,
    '<methodName>GetRSpec</methodName>',
    `<params>${space}<param>${space}<value>${value}</value>${space}</param></params>`,
    '</methodCall>',
  ].join(space);

test.each([
  ['our own', encodeCall('GetRSpec', ['princeton_sirius'])],
  [
    "Python's",
    `${call('<string>princeton_sirius</string>', { declaration: "<?xml version='1.0'?>\n", space: '\n' })}\n`,
  ],
  ['of bare text', call('princeton_sirius')],
  ['in UTF-8 that says so', call('a', { declaration: '<?xml version="1.0" encoding="UTF-8"?>' })],
  ['without a declaration', call('a', { declaration: '' })],
  ['without parameters', '<methodCall><methodName>Help</methodName></methodCall>'],
  [
    'with an empty list of them',
    '<methodCall><methodName>a.b</methodName><params/></methodCall>'.replace(
      '<params/>',
      '<params></params>',
    ),
  ],
  ['with an empty string', call('<string></string>')],
  ['with nothing at all', call('')],
])('a plain call, %s, is recognised and means what the parser reads', (_, text) => {
  expect(scan(text)).toEqual(parse(text));
});

test.each([
  ['a reference', call('a&amp;b')],
  ['a comment', call('a<!-- b -->')],
  ['another type', call('<int>1</int>')],
  ['another encoding', call('a', { declaration: '<?xml version="1.0" encoding="ISO-8859-1"?>' })],
  ['XML 1.1', call('a', { declaration: '<?xml version="1.1"?>' })],
  ['letters beyond ASCII', call('é')],
  ['a line end, which XML rewrites', call('<string>a\r\nb</string>')],
  ['the end of a CDATA section', call('a]]>b')],
  ['a character that XML has not', call('\u0001')],
  ['two parameters', call('a</value></param><param><value>b')],
  ['an attribute', call('a').replace('<param>', '<param x="1">')],
  ['more after the end', `${call('a')}<x/>`],
  ['white space before the declaration', ` ${call('a')}`],
  ['a name in other letters', call('a').replaceAll('methodCall', 'METHODCALL')],
  ['no end', call('a').slice(0, -1)],
  ['a great length', call('a'.repeat(2000))],
])('a call with %s is left to the parser', (_, text) => {
  expect(scan(text)).toBeUndefined();
});

test('whatever is recognised, the parser reads as the same', () => {
  const pieces = fc.constantFrom(
    ...['<methodCall>', '</methodCall>', '<methodName>', '</methodName>', '<params>', '</params>'],
    ...[
      '<param>',
      '</param>',
      '<value>',
      '</value>',
      '<string>',
      '</string>',
      '<?xml version="1.0"?>',
    ],
    ...[' ', '\n', '\t', ']', '>', "'", '"', '&lt;', '<!---->', 'a', 'GetRSpec', '\r'],
  );
  const mutated = fc
    .tuple(
      fc.constantFrom(call('<string>x y</string>', { space: '\n' }), call('x')),
      fc.nat(),
      fc.constantFrom(0, 0, 0, 1, 8),
      pieces,
    )
    .map(([text, at, length, piece]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + piece + text.slice(start + length);
    });
  let recognised = 0;
  fc.assert(
    fc.property(mutated, (text) => {
      const scanned = scan(text);
      if (scanned === undefined) return;
      recognised += 1;
      expect(scanned).toEqual(parse(text));
    }),
    { numRuns: 50_000 },
  );
  expect(recognised).toBeGreaterThan(100);
});
