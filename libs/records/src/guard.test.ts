import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyOf } from './builders.ts';
import { type GuardLimits, guardUpdate } from './guard.ts';
import type { RecordKey } from './record-key.ts';

const LIMITS: GuardLimits = { max_removed_share: 0.5, min_slivers: 4 };
const slivers = (count: number): RecordKey[] =>
  Array.from({ length: count }, (_, at) => keyOf(`s_${at}`));

const allRunning = (keys: readonly RecordKey[]) => ({
  running: new Set(keys),
  existing: new Set(keys),
});

/** Whether removing `removed` of `running` slivers is refused. */
function refused(running: number, removed: number, limits = LIMITS): boolean {
  const all = slivers(running);
  return guardUpdate(allRunning(all), all.slice(0, removed), limits) !== undefined;
}

describe('the guard', () => {
  test('refuses an update that would remove more than half of the running slivers', () => {
    expect([refused(4, 2), refused(4, 3), refused(4, 4)]).toEqual([false, true, true]);
    expect([refused(5, 2), refused(5, 3), refused(1000, 501)]).toEqual([false, true, true]);
  });

  test('does not act when fewer than four run', () => {
    expect([refused(3, 3), refused(1, 1), refused(0, 0)]).toEqual([false, false, false]);
  });

  test('counts those that run by themselves, whoever else goes', () => {
    const stopped = Array.from({ length: 50 }, (_, at) => keyOf(`stopped_${at}`));
    const node = { running: new Set(slivers(4)), existing: new Set([...stopped, ...slivers(4)]) };
    expect(guardUpdate(node, slivers(2), LIMITS)).toBeUndefined();
    expect(guardUpdate(node, slivers(3), LIMITS)).toMatchObject({
      population: 4,
      would_remove: slivers(3),
    });
  });

  test('protects stopped slivers too: calling Stop does not open the way to an empty document', () => {
    const all = slivers(6);
    const node = { running: new Set(all.slice(0, 3)), existing: new Set(all) };
    expect(guardUpdate(node, all, LIMITS)).toMatchObject({ population: 6, would_remove: all });
    expect(guardUpdate(node, all.slice(0, 3), LIMITS)).toBeUndefined();
    const stopped = { running: new Set<RecordKey>(), existing: new Set(all) };
    expect(guardUpdate(stopped, all, LIMITS)?.reason).toMatch(
      /6 of 6 slivers, stopped ones included/,
    );
  });

  test('says how many of how many, what is allowed, and what to do', () => {
    const all = slivers(8);
    const limits = { max_removed_share: 0.125, min_slivers: 4 };
    expect(guardUpdate(allRunning(all), all.slice(0, 5), limits)?.reason).toBe(
      "the update would remove 5 of 8 running slivers; more than 12.5% needs an operator's word (nmctl guard allow)",
    );
  });

  test('lets everything pass with a share of 1, and nothing with a share of 0', () => {
    expect(refused(10, 10, { max_removed_share: 1, min_slivers: 1 })).toBe(false);
    expect(refused(10, 1, { max_removed_share: 0, min_slivers: 1 })).toBe(true);
    expect(refused(10, 0, { max_removed_share: 0, min_slivers: 1 })).toBe(false);
    expect(refused(0, 0, { max_removed_share: 0, min_slivers: 0 })).toBe(false);
  });

  test('is exact: a share in hundredths allows just that many of a hundred', () => {
    for (let percent = 0; percent <= 100; percent++) {
      const limits = { max_removed_share: percent / 100, min_slivers: 1 };
      expect(refused(100, percent, limits)).toBe(false);
      if (percent < 100) expect(refused(100, percent + 1, limits)).toBe(true);
    }
  });

  test('draws the line where whole numbers draw it, for any share in thousandths', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.nat({ max: 200 }),
        fc.nat({ max: 1000 }),
        (running, wanted, thousandths) => {
          const removed = Math.min(wanted, running);
          const limits = { max_removed_share: thousandths / 1000, min_slivers: 1 };
          expect(refused(running, removed, limits)).toBe(removed * 1000 > running * thousandths);
        },
      ),
    );
  });
});
