import type { PeriodAmounts } from '@nodemgr/contracts';
import { accountName } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_BYTES, planPruning } from './plan-pruning.ts';
import { type Seen, seenAfter, useAdded } from './use-added.ts';

const NAME = accountName('site_a');
const amounts = fc.record(
  { cpu_ms: fc.nat(), sent_bytes: fc.nat(), memory_kib: fc.nat() },
  { requiredKeys: [] },
) as fc.Arbitrary<PeriodAmounts>;
const look = fc.record({
  name: fc.constant(NAME),
  era: fc.constantFrom('one', 'two'),
  amounts,
});

test('whatever is looked at, nothing is negative, nothing is more than the counter, and a second look adds nothing', () => {
  fc.assert(
    fc.property(
      fc.array(look, { minLength: 1 }),
      fc.constantFrom('watched', 'unwatched'),
      (looks, before) => {
        let seen: Seen | undefined;
        for (const one of looks) {
          const added = useAdded(one, seen, before);
          expect(Object.keys(added).sort()).toEqual(Object.keys(one.amounts).sort());
          for (const name of ['cpu_ms', 'sent_bytes'] as const) {
            expect(added[name] ?? 0).toBeGreaterThanOrEqual(0);
            expect(added[name] ?? 0).toBeLessThanOrEqual(one.amounts[name] ?? 0);
          }
          expect(added.memory_kib).toBe(one.amounts.memory_kib);
          seen = seenAfter(one, seen);
          const again = useAdded(one, seen, before);
          expect([again.cpu_ms ?? 0, again.sent_bytes ?? 0]).toEqual([0, 0]);
        }
      },
    ),
  );
});

test('a count that one look lacks goes on where it was', () => {
  const seen = seenAfter({ name: NAME, era: 'one', amounts: { cpu_ms: 5 } }, undefined);
  const without = seenAfter({ name: NAME, era: 'one', amounts: {} }, seen);
  const after = { name: NAME, era: 'one', amounts: { cpu_ms: 8 } };
  expect(useAdded(after, without, 'watched')).toEqual({ cpu_ms: 3 });
});

test('pruning keeps the whole time where there is room; where there is none, the less the more is taken', () => {
  const now = 1_800_000_000;
  const age = fc.option(fc.nat({ max: 100 * 86_400 }), { nil: undefined });
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 }), age, (usedBytes, old) => {
      const oldest = old === undefined ? undefined : now - old;
      const extent = { usedBytes, oldestMinute: oldest, oldestHour: oldest };
      const { minutesFrom, hoursFrom } = planPruning(now, extent, MAX_BYTES);
      const [minutes, hours] = [now - minutesFrom, now - hoursFrom];
      if (usedBytes <= MAX_BYTES) {
        expect([minutes, hours]).toEqual([86_400, 90 * 86_400]);
        return;
      }
      for (const [left, kept] of [
        [minutes, 86_400],
        [hours, 90 * 86_400],
      ] as const) {
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left * usedBytes).toBeLessThanOrEqual(
          0.8 * Math.min(kept, old ?? 0) * MAX_BYTES + 1,
        );
      }
    }),
  );
});
