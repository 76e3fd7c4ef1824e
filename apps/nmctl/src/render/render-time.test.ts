import { expect, test } from 'vitest';
import { parseSince } from '../parse-since.ts';
import { aPage, NOW } from '../test-support/builders.ts';
import { clockText, distanceText, durationText, momentText } from './render-time.ts';

test('a span of time is told in the largest unit that it fills', () => {
  const seconds = [0, 59.9, 60, 150, 3600, 7199, 7200, 86_400, 172_800, 8_640_000];
  expect(seconds.map((count) => durationText(count * 1000))).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '3 min',
    '60 min',
    '120 min',
    '2 h',
    '24 h',
    '2 days',
    '100 days',
  ]);
});

test('what is ahead is "in", what is behind is "ago"', () => {
  expect(distanceText(NOW + 5 * 60_000, NOW)).toBe('in 5 min');
  expect(distanceText(NOW - 3 * 60_000, NOW)).toBe('3 min ago');
  expect(distanceText(NOW - 999, NOW)).toBe('just now');
  expect(distanceText(NOW + 999, NOW)).toBe('in a moment');
});

test('a moment is told in UTC, which it says, and how far away it is', () => {
  expect(momentText(NOW - 180_000, aPage())).toBe('2023-11-14 22:10:20Z (3 min ago)');
  expect(parseSince(clockText(NOW), NOW)).toBe(NOW);
});

test('on a terminal a moment of today goes without its date', () => {
  const page = aPage({ width: 80 });
  expect(momentText(NOW - 180_000, page)).toBe('22:10:20Z (3 min ago)');
  expect(momentText(NOW - 86_400_000, page)).toBe('2023-11-13 22:13:20Z (24 h ago)');
});

test('a moment that no calendar holds is told in seconds', () => {
  expect(clockText(9e18)).toBe('9000000000000000 s after 1970');
});
