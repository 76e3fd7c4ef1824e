import { type AccountName, accountName } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slot, slotsOfRange } from './account-ids.ts';
import { POLICY } from './builders.test-support.ts';
import { SlotTable } from './slot-table.ts';

const [a, b, c] = [accountName('x_a'), accountName('x_b'), accountName('x_c')];

test('an account gets the lowest free slot, and keeps it', () => {
  const table = new SlotTable(3);
  expect([table.claim(a), table.claim(b), table.claim(a)]).toEqual([0, 1, 0]);
  table.release(a);
  expect([table.claim(c), table.claim(b)]).toEqual([0, 1]);
});

test('when all slots are taken there is none', () => {
  const table = new SlotTable(1);
  table.claim(a);
  expect(table.claim(b)).toBeUndefined();
  expect(table.inUse).toBe(1);
});

test('ids of others are left to them', () => {
  const table = new SlotTable(3);
  table.leaveToOthers(new Set([slot(0), slot(1)]));
  expect([table.claim(a), table.inUse]).toEqual([2, 3]);
});

test('a slot that others have meanwhile is given up, and another is found', () => {
  const table = new SlotTable(3);
  table.claim(a);
  table.claim(b);
  table.leaveToOthers(new Set([slot(0)]));
  for (const name of [a, b, c]) table.yield(name);
  expect([table.claim(a), table.claim(b)]).toEqual([2, 1]);
  expect([0, 1, 2].map((place) => table.holderOf(slot(place)))).toEqual([undefined, b, a]);
});

test('planning on a copy gives nothing away', () => {
  const table = new SlotTable(2);
  table.copy().claim(a);
  expect(table.claim(b)).toBe(0);
});

test('a range of others takes every slot that it touches', () => {
  const { first_range_id: first } = POLICY;
  expect(slotsOfRange(first + 65_535, 2, POLICY)).toEqual([0, 1]);
  expect(slotsOfRange(100_000, 65_536, POLICY)).toEqual([]);
  expect(slotsOfRange(0, 4_294_967_295, POLICY)).toHaveLength(8);
});

test('whatever was held, freed and left to others, a claim gets the lowest free slot', () => {
  const name = fc.constantFrom(a, b, c, accountName('x_d'));
  const place = fc.nat(3).map(slot);
  const act = fc.oneof(
    fc.record({ act: fc.constant('claim' as const), name }),
    fc.record({ act: fc.constant('release' as const), name }),
    fc.record({ act: fc.constant('others' as const), slots: fc.uniqueArray(place) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const table = new SlotTable(4);
      const held = new Map<AccountName, number>();
      let foreign: readonly number[] = [];
      for (const one of acts) {
        if (one.act === 'others') {
          foreign = one.slots;
          table.leaveToOthers(new Set(one.slots));
        } else if (one.act === 'release') {
          expect(table.release(one.name)).toBe(held.delete(one.name));
        } else {
          const taken = new Set([...held.values(), ...foreign]);
          const expected = held.get(one.name) ?? [0, 1, 2, 3].find((free) => !taken.has(free));
          expect(table.claim(one.name)).toBe(expected);
          if (expected !== undefined) held.set(one.name, expected);
        }
      }
    }),
  );
});
