import { toUSVString } from 'node:util';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { decodeCall, decodeResponse } from './decode.ts';
import { encodeCall, encodeFault, encodeResponse } from './encode.ts';
import type { XmlRpcStruct, XmlRpcValue } from './xml-rpc-value.ts';

const back = (xml: string) => decodeResponse(Buffer.from(xml));

/** Strings that XML can carry, with what is awkward in XML well represented. */
const carriable = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(']]>', '<', '&', '\r\n', '\r', '\u0085', ' '),
      fc.string({ unit: 'grapheme', maxLength: 1 }),
    ),
  })
  .map(toUSVString)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that XML cannot carry
  .filter((text) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text));

const scalar: fc.Arbitrary<XmlRpcValue> = fc.oneof(
  carriable,
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.boolean(),
  fc.constant(null),
  fc
    .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000)),
  fc.uint8Array({ maxLength: 30 }),
);
const { value: anyValue } = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .dictionary(fc.oneof(carriable, fc.constant('__proto__')), tie('value'), {
        maxKeys: 4,
        noNullPrototype: false,
      })
      .map((members) => Object.assign(Object.create(null), members) as XmlRpcStruct),
  ),
}));

test('a value comes back as it went out', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      expect(back(encodeResponse(value))).toEqual({ kind: 'value', value });
      expect(decodeCall(Buffer.from(encodeCall('Do', [value, value])))).toEqual({
        method: 'Do',
        params: [value, value],
      });
    }),
    { numRuns: 1000 },
  );
});

test('any string at all, as value, member name or fault text, makes a well-formed document', () => {
  const anyString = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) });
  const awkward = fc.string({
    unit: fc.constantFrom(']', '>', '<', '&', '\ud800', '\udc00', '\0', '\r', '\uffff', ']]>'),
  });
  fc.assert(
    fc.property(fc.oneof(anyString, awkward), (text) => {
      for (const xml of [
        encodeResponse([text, { [text]: text }]),
        encodeFault(102, text),
        encodeCall(text, []),
      ]) {
        // A strict parser throws at the first thing that is not well-formed.
        new SaxesParser({ xmlns: false }).write(Buffer.from(xml).toString('utf8')).close();
      }
    }),
    { numRuns: 2000 },
  );
});

test('what XML cannot carry is replaced, and the rest of the string kept', () => {
  expect(back(encodeResponse('a\0b\ud800c\u001bd😀'))).toEqual({
    kind: 'value',
    value: 'a�b�c�d😀',
  });
});

test('integers over 31 bits go out as i8, larger ones as a double without an exponent', () => {
  expect(encodeResponse(2147483647)).toContain('<int>2147483647</int>');
  expect(encodeResponse(2147483648)).toContain('<i8>2147483648</i8>');
  expect(encodeResponse(-2147483649)).toContain('<i8>-2147483649</i8>');
  expect(encodeResponse(1e21)).toContain('<double>1000000000000000000000.0</double>');
  expect(encodeResponse(-1.5e-9)).toContain('<double>-0.0000000015</double>');
});

test('what is empty is written with a start tag and an end tag, as clients that look for tags as text read it', () => {
  const answer = (value: string) =>
    `<?xml version="1.0"?><methodResponse><params><param><value>${value}</value></param></params></methodResponse>`;
  expect(encodeResponse([])).toBe(answer('<array><data></data></array>'));
  expect(encodeResponse('')).toBe(answer('<string></string>'));
  expect(encodeResponse({})).toBe(answer('<struct></struct>'));
  expect(encodeResponse(new Uint8Array())).toBe(answer('<base64></base64>'));
  expect(encodeResponse({ '': [''] })).toBe(
    answer(
      '<struct><member><name></name><value><array><data><value><string></string></value></data></array></value></member></struct>',
    ),
  );
  expect(encodeResponse('<data/>')).toBe(answer('<string>&lt;data/&gt;</string>'));
  expect(encodeResponse(null)).toBe(answer('<nil/>'));
  expect(encodeFault(102, '')).toContain('<string></string>');
  expect(encodeCall('Help', [])).toBe(
    '<?xml version="1.0"?><methodCall><methodName>Help</methodName><params></params></methodCall>',
  );
});

test('a fault comes back with its code and text', () => {
  expect(back(encodeFault(-32700, 'not <XML>'))).toEqual({
    kind: 'fault',
    code: -32700,
    text: 'not <XML>',
  });
});

test('what XML-RPC has no value for is refused, not written wrongly', () => {
  const cycle: XmlRpcValue[] = [];
  cycle.push(cycle);
  expect(() => encodeResponse(Number.NaN)).toThrow('cannot carry the number NaN');
  expect(() => encodeResponse(new Date(Number.NaN))).toThrow('cannot carry a date');
  expect(() => encodeResponse(cycle)).toThrow('nests deeper');
});
