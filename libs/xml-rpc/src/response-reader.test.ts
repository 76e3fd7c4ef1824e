import { Fault } from '@nodemgr/faults';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeResponse, ResponseReader, type XmlRpcAnswer } from './decode.ts';
import { encodeFault, encodeResponse } from './encode.ts';
import { DEFAULT_BOUNDS, type Wanted } from './read-document.ts';
import type { XmlRpcValue } from './xml-rpc-value.ts';

function inPieces(body: Uint8Array, size: number, wanted: Wanted = {}): XmlRpcAnswer {
  const reader = new ResponseReader(DEFAULT_BOUNDS, wanted);
  for (let at = 0; at < body.length; at += size) reader.write(body.subarray(at, at + size));
  return reader.end();
}
const read = (value: XmlRpcValue, wanted: Wanted) => {
  const answer = inPieces(Buffer.from(encodeResponse(value)), 7, wanted);
  if (answer.kind !== 'value') throw new Error(answer.text);
  return answer.value;
};

const { value: aValue } = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test('an answer in pieces of any size is the answer in one piece', () => {
  fc.assert(
    fc.property(aValue, fc.integer({ min: 1, max: 50 }), (value, size) => {
      const body = Buffer.from(encodeResponse(value));
      expect(inPieces(body, size)).toEqual(decodeResponse(body));
    }),
  );
});

test('a fault is a fault, whatever is wanted of a value', () => {
  const body = Buffer.from(encodeFault(103, 'Not authenticated'));
  expect(inPieces(body, 3, { members: {} })).toEqual({
    kind: 'fault',
    code: 103,
    text: 'Not authenticated',
  });
});

test('members that are not wanted are not there, however deep', () => {
  const value = { a: [{ b: 1, c: 2 }], c: [1, [2], { d: 3 }], d: { a: 1 } };
  const wanted = { members: { a: { items: { members: { b: {} } } }, d: {} } };
  expect(read(value, wanted)).toEqual({ a: [{ b: 1 }], d: { a: 1 } });
});

test('what takes a value puts another in its place, from the inside out', () => {
  const taken: XmlRpcValue[] = [];
  const take = (value: XmlRpcValue) => {
    taken.push(value);
    return typeof value === 'number' ? value * 10 : value;
  };
  const wanted = { members: { a: { take, items: { take } } } };
  expect(read({ a: [1, 2], b: 3 }, wanted)).toEqual({ a: [10, 20] });
  expect(taken).toEqual([1, 2, [10, 20]]);
});

test('a member whose value comes before its name is wanted or not all the same', () => {
  const member = (name: string) => `<member><value>x</value><name>${name}</name></member>`;
  const struct = `<struct>${member('a')}${member('b')}</struct>`;
  const body = `<methodResponse><params><param><value>${struct}</value></param></params></methodResponse>`;
  const answer = inPieces(Buffer.from(body), 9, { members: { b: {} } });
  expect(answer).toEqual({ kind: 'value', value: { b: 'x' } });
});

const response = (inside: string): string =>
  `<methodResponse><params><param><value>${inside}</value></param></params></methodResponse>`;

test.each([
  ['an answer that was cut', response('<string>abc</string>').slice(0, -5), /not well-formed/],
  ['HTML', '<html><body>500</body></html>', /wants <methodResponse>, got <html>/],
  ['no document', '', /not well-formed/],
  ['a document type', `<!DOCTYPE x>${response('1')}`, /<!DOCTYPE is not allowed/],
  ['an entity', response('&xxe;'), /not well-formed/],
  [
    'more values than the bound',
    response(`<array><data>${'<value/>'.repeat(60_000)}</data></array>`),
    /more than 50000/,
  ],
  ['depth in what is not wanted', response('<array><data><value>'.repeat(20)), /deeper than 16/],
])('%s is refused with what is wrong', (_what, body, reason) => {
  const attempt = () => inPieces(Buffer.from(body), 1000, { members: {} });
  expect(attempt).toThrow(Fault);
  expect(attempt).toThrow(reason);
});

test('bytes that are not UTF-8 are refused, also when they end the text', () => {
  const body = Buffer.concat([Buffer.from(response('a')), Buffer.from([0xc3])]);
  expect(() => inPieces(body, 10)).toThrow('not UTF-8');
  expect(() => inPieces(Buffer.from([0xff]), 10)).toThrow('not UTF-8');
});
