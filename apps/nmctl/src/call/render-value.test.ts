import { expect, test } from 'vitest';
import { linesOf } from '../test-support/builders.ts';
import { plainJson, renderValue } from './render-value.ts';

test('a struct is aligned lines', () => {
  expect(linesOf(renderValue({ nm_cpu_share: 64, nm_net_max_rate: 5e9 }))).toEqual([
    'nm_cpu_share     64',
    'nm_net_max_rate  5000000000',
  ]);
});

test('loans are one a line, aligned', () => {
  const loans = [
    ['princeton_eisentest', 'nm_cpu_share', 8],
    ['a_b', 'nm_net_share', 100],
  ];
  expect(linesOf(renderValue(loans))).toEqual([
    'princeton_eisentest  nm_cpu_share  8',
    'a_b                  nm_net_share  100',
  ]);
});

test('a list of strings is lines, a string is as it is, line by line', () => {
  expect(linesOf(renderValue(['Help', 'GetRSpec']))).toEqual(['Help', 'GetRSpec']);
  expect(linesOf(renderValue('one\n  two\n'))).toEqual(['one', '  two']);
});

test('a struct of texts keeps their lines', () => {
  expect(linesOf(renderValue({ Help: 'lists\nmethods', Start: 'starts' }))).toEqual([
    'Help',
    '  lists',
    '  methods',
    'Start',
    '  starts',
  ]);
});

test('what nests deeper is JSON, and what is empty shows what it is', () => {
  expect(linesOf(renderValue({ a: [1, { b: null }] }))).toEqual(['a  [1,{"b":null}]']);
  expect(linesOf(renderValue([]))).toEqual(['[]']);
  expect(linesOf(renderValue({}))).toEqual(['{}']);
  expect(linesOf(renderValue(1))).toEqual(['1']);
});

test('an escape sequence in a string is shown, not sent', () => {
  expect(linesOf(renderValue('a\x1b[31m'))).toEqual(['a\\x1b[31m']);
});

test('dates and bytes become text that JSON can carry', () => {
  expect(plainJson([new Date(0), Uint8Array.of(104, 105)])).toEqual([
    '1970-01-01T00:00:00.000Z',
    'aGk=',
  ]);
});
