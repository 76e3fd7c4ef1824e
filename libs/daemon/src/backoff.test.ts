import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

const SECOND_TO_MINUTE = { base_ms: 1000, max_ms: 60_000 };
const attempt = fc.integer({ min: 1, max: 1_000_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait after a failure', () => {
  test('doubles with each one in a row, up to the longest', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((n) => backoffMs(n, SECOND_TO_MINUTE, 1));
    expect(longest).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test('leaves the second half of itself to chance', () => {
    expect(backoffMs(3, SECOND_TO_MINUTE, 0)).toBe(2000);
    expect(backoffMs(3, SECOND_TO_MINUTE, 0.5)).toBe(3000);
  });

  test('lies between half of it and all of it, a whole number of milliseconds', () => {
    fc.assert(
      fc.property(
        attempt,
        random,
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 1, max: 86_400_000 }),
        (n, chance, base_ms, max_ms) => {
          const full = Math.min(max_ms, base_ms * 2 ** Math.min(n - 1, 40));
          const wait = backoffMs(n, { base_ms, max_ms }, chance);
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(Math.floor(full / 2));
          expect(wait).toBeLessThanOrEqual(full);
        },
      ),
    );
  });

  test('never shrinks with another failure, chance aside', () => {
    fc.assert(
      fc.property(attempt, random, (n, chance) => {
        const [one, next] = [n, n + 1].map((each) => backoffMs(each, SECOND_TO_MINUTE, chance));
        expect(next).toBeGreaterThanOrEqual(Number(one));
      }),
    );
  });
});
