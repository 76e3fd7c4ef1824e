import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountName, imageName, isImageName, isSliceName } from './quantities.ts';
import { recordKeyOf } from './record-key.ts';

test.each([
  'princeton_sirius',
  'a_b',
  '0_0',
  'a__b',
  'a__',
  'upmc.lip6_x.Nightly',
  'a_B',
  'a._b',
  'a_.b',
  'a_._',
  'a_b.service',
  '1.2_3.4',
  `a_${'b'.repeat(30)}`,
])('%s may name a slice', (name) => expect(accountName(name)).toBe(name));

test.each([
  '',
  '_a',
  'a_',
  'sirius',
  'A_b',
  'a.B_c',
  'a-b_c',
  'a_b-c',
  '.a_b',
  '._b',
  'a_b.',
  'a_.',
  'a..b_c',
  'a_b..c',
  'a_b ',
  ' a_b',
  'a_b\n',
  '../a_b',
  'a_b/c',
  'a_\u00e9',
  'a_\u212a',
  '-a_b',
  `a_${'b'.repeat(31)}`,
])('%j may not name a slice, and the error shows what a name looks like', (name) => {
  expect(isSliceName(name)).toBe(false);
  expect(() => accountName(name)).toThrow(RangeError);
  expect(() => accountName(name)).toThrow(/a name is like site_project: .*, at most 32 characters/);
});

test('the rule of names is that of PLC', () => {
  const plc = (text: string) =>
    /^[a-z0-9.]+_[a-zA-Z0-9_.]+$/.test(text) && !/^\.|\.\.|\.$/.test(text) && text.length <= 32;
  const near = fc.stringMatching(/^[a.]{1,3}_[bB._]{1,3}$/);
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: 'grapheme-composite' })), (text) => {
      expect(isSliceName(text)).toBe(plc(text));
    }),
  );
});

test.each(['default', '9', 'debian-13.1_x', 'a'.repeat(64)])('%s may name an image', (name) =>
  expect(imageName(name)).toBe(name),
);

test.each(['', '.', '..', '.a', '-a', '_a', 'A', 'a/b', 'a@1', 'a b', 'a\n', 'a'.repeat(65)])(
  '%j may not name an image: the error shows it and what a name looks like',
  (name) => {
    expect(isImageName(name)).toBe(false);
    expect(() => imageName(name)).toThrow(/bad image name ".*": a-z, 0-9, .* at most 64/s);
  },
);

test('a record is named by its type and the account', () => {
  expect(recordKeyOf('sliver', accountName('princeton_sirius'))).toBe('sliver_princeton_sirius');
  expect(recordKeyOf('delegate', accountName('del_snoop'))).toBe('delegate_del_snoop');
});
