import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountName, isSliceName, recordKeyOf } from './quantities.ts';

test.each(['princeton_sirius', 'a_b', '0_0', 'a__b', `a_${'b'.repeat(30)}`])(
  '%s may name a slice',
  (name) => expect(accountName(name)).toBe(name),
);

test.each([
  '',
  '_a',
  'a_',
  'sirius',
  'A_b',
  'a-b_c',
  'a_b ',
  ' a_b',
  'a_b\n',
  '../a_b',
  'a_b/c',
  'a_\u00e9',
  'a_b.service',
  '-a_b',
  `a_${'b'.repeat(31)}`,
])('%j may not name a slice, and the error shows what a name looks like', (name) => {
  expect(isSliceName(name)).toBe(false);
  expect(() => accountName(name)).toThrow(RangeError);
  expect(() => accountName(name)).toThrow(/allowed is \^\[a-z0-9\]\+_.*, at most 32 characters/);
});

test('what may name a slice is safe in a path, a unit and an argument', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-composite' }), (text) => {
      if (isSliceName(text)) expect(text).toMatch(/^[a-z0-9][a-z0-9_]{0,31}$/);
    }),
  );
});

test('a record is named by its type and the account', () => {
  expect(recordKeyOf('sliver', accountName('princeton_sirius'))).toBe('sliver_princeton_sirius');
  expect(recordKeyOf('delegate', accountName('del_snoop'))).toBe('delegate_del_snoop');
});
