import { expect, test, vi } from 'vitest';
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

test.each([
  ['2023-11-14', '2023-11-14T00:00:00Z'],
  ['2023-11-14T22:13', '2023-11-14T22:13:00Z'],
  ['2023-11-14 22:13:20', '2023-11-14T22:13:20Z'],
  ['2023-11-14T22:13:20.5Z', '2023-11-14T22:13:20Z'],
  ['2023-11-14T22:13+01:00', '2023-11-14T21:13:00Z'],
  ['2024-02-29', '2024-02-29T00:00:00Z'],
])('the date %s is %s, in whatever zone the machine is', (text, at) => {
  for (const zone of ['UTC', 'America/New_York', 'Asia/Kolkata']) {
    vi.stubEnv('TZ', zone);
    expect(parseSince(text, NOW)).toBe(Date.parse(at));
    expect(parseUntil(text, NOW)).toBe(Date.parse(at));
  }
  vi.unstubAllEnvs();
});

test.each([
  '2026-02-30',
  '2023-02-29',
  '2026-04-31T10:00',
  '2026-13-01',
  '2026-01-01T24:00',
  '2026-01-01T10:60',
  '2026-01-01T10:00:60',
  '2026-01-01T10',
  '2026-01-01 (about)',
  '2026-01-01T10:00 or so',
  '2026-01-01T10:00+25:00',
  '2026-01-01T10:00+01:75',
  '2026-01-01T10:00 GMT',
  '2026-1-1',
  '20260101',
  '1969-12-31',
  '2026-01-01\n',
])('%j is no date', (text) => {
  expect(parseSince(text, NOW)).toBeUndefined();
  expect(parseUntil(text, NOW)).toBeUndefined();
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
