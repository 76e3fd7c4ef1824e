import { epochSeconds } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayAt } from './node-day.ts';

const at = (text: string) => epochSeconds(Date.parse(text) / 1000);
const dayText = (now: string, hour: number, zone: string) => {
  const { begins, ends } = dayAt(at(now), { hour, zone });
  return [begins, ends].map((second) => new Date(second * 1000).toISOString().slice(0, 16));
};

test('a day is from its hour to the same hour of the next date, in its zone', () => {
  expect(dayText('2026-11-30T12:00:00Z', 0, 'UTC')).toEqual([
    '2026-11-30T00:00',
    '2026-12-01T00:00',
  ]);
  expect(dayText('2026-11-30T03:59:59Z', 4, 'UTC')).toEqual([
    '2026-11-29T04:00',
    '2026-11-30T04:00',
  ]);
  expect(dayText('2026-11-30T04:00:00Z', 4, 'UTC')).toEqual([
    '2026-11-30T04:00',
    '2026-12-01T04:00',
  ]);
  expect(dayText('2026-11-30T12:00:00Z', 0, 'America/New_York')).toEqual([
    '2026-11-30T05:00',
    '2026-12-01T05:00',
  ]);
});

test('where the clock is put forward the day is shorter, and where it is put back it is longer', () => {
  const spring = ['2026-03-28T23:00', '2026-03-29T22:00'];
  expect(dayText('2026-03-29T12:00:00Z', 0, 'Europe/Berlin')).toEqual(spring);
  const autumn = ['2026-10-24T22:00', '2026-10-25T23:00'];
  expect(dayText('2026-10-25T12:00:00Z', 0, 'Europe/Berlin')).toEqual(autumn);
  // There is no 02:00 on that day: it begins at 03:00, in the same second.
  expect(dayText('2026-03-29T12:00:00Z', 2, 'Europe/Berlin')[0]).toBe('2026-03-29T01:00');
});

test('a time is in its day, and each day begins when the one before it ends', () => {
  const rules = fc.record({
    hour: fc.integer({ min: 0, max: 23 }),
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Sao_Paulo'),
  });
  const times = fc.integer({ min: 1_500_000_000, max: 2_000_000_000 }).map(epochSeconds);
  fc.assert(
    fc.property(times, rules, (now, rule) => {
      const day = dayAt(now, rule);
      expect(day.begins).toBeLessThanOrEqual(now);
      expect(day.ends).toBeGreaterThan(now);
      expect(dayAt(epochSeconds(day.ends - 1), rule)).toEqual(day);
      expect(dayAt(day.ends, rule).begins).toBe(day.ends);
    }),
    { numRuns: 50 },
  );
});
