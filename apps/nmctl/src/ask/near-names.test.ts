import { expect, test } from 'vitest';
import { nearNames } from './near-names.ts';

const NAMES = ['princeton_sirius', 'princeton_codeen', 'mit_chord', 'berkeley_oasis'];

test('a misspelt name finds the one that was meant', () => {
  expect(nearNames('princton_sirus', NAMES)).toEqual(['princeton_sirius']);
});

test('a part of a name finds the names that contain it', () => {
  expect(nearNames('princeton', NAMES)).toEqual(['princeton_codeen', 'princeton_sirius']);
  expect(nearNames('chord', NAMES)).toEqual(['mit_chord']);
});

test('a name that is like no other finds nothing', () => {
  expect(nearNames('utah_emulab', NAMES)).toEqual([]);
  expect(nearNames('', NAMES)).toEqual([]);
  expect(nearNames('x'.repeat(5000), NAMES)).toEqual([]);
});

test('a name in another case or with other separators finds all that differ in no more', () => {
  const alike = ['a.b_CODEN', 'a_b_coden', 'a_b.coden'];
  expect(nearNames('a-b-coden', [...alike, 'a_b_codex'])).toEqual([...alike].sort());
  expect(nearNames('A_B_CODEN', alike)).toEqual([...alike].sort());
});
