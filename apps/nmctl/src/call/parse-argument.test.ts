import { expect, test } from 'vitest';
import { parseArgument } from './parse-argument.ts';

test('an argument is JSON', () => {
  expect(parseArgument('[["a_b", "nm_cpu_share", 8]]')).toEqual([['a_b', 'nm_cpu_share', 8]]);
  expect(parseArgument('12')).toBe(12);
  expect(parseArgument('true')).toBe(true);
  expect(parseArgument('"12"')).toBe('12');
});

test('a bare word stands for itself', () => {
  expect(parseArgument('princeton_sirius')).toBe('princeton_sirius');
  expect(parseArgument('12_34')).toBe('12_34');
});

test('JSON that has gone wrong is an error, not a string', () => {
  expect(() => parseArgument('[["a_b", 8]')).toThrow(/^\[\["a_b", 8\]: /);
});

test('a number that would be rounded is an error', () => {
  expect(() => parseArgument('[9007199254740993]')).toThrow(/too large/);
});
