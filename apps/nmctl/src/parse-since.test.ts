import { expect, test } from 'vitest';
import { parseSince, parseUntil } from './parse-since.ts';

const NOW = 1_700_000_000_000;

test.each([
  ['90s', NOW - 90_000],
  ['15m', NOW - 900_000],
  ['2h', NOW - 7_200_000],
  ['1.5d', NOW - 129_600_000],
  ['99999999d', 0],
  ['2023-11-14T22:13:20Z', NOW],
])('%s is a moment', (text, at) => {
  expect(parseSince(text, NOW)).toBe(at);
});

test.each(['', '2', 'h', '-2h', '2 h', 'yesterday', '2023-99-99', '1'])('%s is none', (text) => {
  expect(parseSince(text, NOW)).toBeUndefined();
});

test.each([
  ['2h', NOW + 7_200_000],
  ['30d', NOW + 2_592_000_000],
  ['1900000000', 1_900_000_000_000],
  ['2023-11-14T22:13:20Z', NOW],
])('until %s is a moment', (text, at) => {
  expect(parseUntil(text, NOW)).toBe(at);
});

test.each(['', '2', '-2h', 'tomorrow', '19000000000000'])('until %s is none', (text) => {
  expect(parseUntil(text, NOW)).toBeUndefined();
});
