import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BusReader, type BusValue, BusWriter, typesIn } from './bus-values.ts';

function bytesOf(type: string, value: BusValue): Buffer {
  const writer = new BusWriter();
  writer.write(type, value);
  return writer.bytes;
}
const readBack = (type: string, bytes: Buffer) => new BusReader(bytes, true).read(type);

test('a signature is taken apart into its complete types', () => {
  expect(typesIn('sba(sv)')).toEqual(['s', 'b', 'a(sv)']);
  expect(typesIn('aas(u(tt))v')).toEqual(['aas', '(u(tt))', 'v']);
  expect(() => typesIn('(s')).toThrow(/no type of D-Bus/);
  expect(() => typesIn('a{sv}')).toThrow("'{'");
});

test('values are aligned, lengths count bytes, and strings end in NUL', () => {
  expect(bytesOf('s', 'é').toString('hex')).toBe('02000000c3a900');
  expect(bytesOf('a(sv)', [['x', { signature: 't', value: 3n }]]).toString('hex')).toBe(
    // Length, padding; length of x, x, NUL; signature of one letter, NUL, padding; 3.
    ['18000000', '00000000', '010000007800', '017400', '00000000000000', '0300000000000000'].join(
      '',
    ),
  );
  expect(bytesOf('at', []).toString('hex')).toBe('0000000000000000');
});

const ANY: fc.Arbitrary<readonly [string, BusValue]> = fc.letrec<{
  any: readonly [string, BusValue];
}>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }).map((text) => ['s', text.replaceAll('\0', '')] as const),
    fc.nat(2 ** 31).map((number) => ['u', number] as const),
    fc.nat(255).map((number) => ['y', number] as const),
    fc.boolean().map((flag) => ['b', flag] as const),
    fc.bigInt(0n, 2n ** 64n - 1n).map((number) => ['t', number] as const),
    tie('any').map(([signature, value]) => ['v', { signature, value }] as const),
    fc
      .array(tie('any'), { minLength: 1, maxLength: 4 })
      .map((all) => [`(${all.map(([t]) => t).join('')})`, all.map(([, v]) => v)] as const),
    fc
      .tuple(tie('any'), fc.nat(3))
      .map(
        ([[type, value], count]) =>
          [`a${type}`, Array.from({ length: count }, () => value)] as const,
      ),
  ),
})).any;

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(ANY, ([type, value]) => {
      expect(readBack(type, bytesOf(type, value))).toEqual(value);
    }),
  );
});

test('bytes that end too early, and lengths that lie, throw', () => {
  fc.assert(
    fc.property(ANY, fc.nat(), ([type, value], cut) => {
      const bytes = bytesOf(type, value);
      expect(() => readBack(type, bytes.subarray(0, cut % bytes.length))).toThrow();
    }),
  );
  expect(() => readBack('as', Buffer.from('0500000001000000780000', 'hex'))).toThrow();
});

test('a value of another type is refused', () => {
  for (const [type, value] of [
    ['u', 'text'],
    ['s', 3],
    ['t', 3],
    ['as', 'text'],
    ['(ss)', ['one']],
    ['s', 'a\0b'],
  ] as const) {
    expect(() => bytesOf(type, value)).toThrow();
  }
});
