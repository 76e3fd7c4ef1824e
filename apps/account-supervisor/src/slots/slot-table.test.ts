import { type AccountName, accountName } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { POLICY } from '../test-support/builders.test-support.ts';
import { slot, slotsOfRange } from './account-ids.ts';
import { type ForeignIds, foreignIds } from './foreign-ids.ts';
import { SlotTable } from './slot-table.ts';

const taken = ({ uids = [], ranges = [] }: { uids?: number[]; ranges?: number[] }): ForeignIds => ({
  uids: new Set(uids.map(slot)),
  ranges: new Set(ranges.map(slot)),
  takers: [],
});
const [a, b, c] = [accountName('x_a'), accountName('x_b'), accountName('x_c')];

test('an account gets the lowest free slot, and keeps it', () => {
  const table = new SlotTable(3);
  expect([table.claim(a, 'sliver'), table.claim(b, 'sliver'), table.claim(a, 'sliver')]).toEqual([
    0, 1, 0,
  ]);
  table.release(a);
  expect([table.claim(c, 'sliver'), table.claim(b, 'sliver')]).toEqual([0, 1]);
});

test('when all slots are taken there is none', () => {
  const table = new SlotTable(1);
  table.claim(a, 'sliver');
  expect(table.claim(b, 'sliver')).toBeUndefined();
  expect(table.inUse('sliver')).toBe(1);
});

test('ids of others are left to them', () => {
  const table = new SlotTable(3);
  table.leaveToOthers(taken({ uids: [0], ranges: [1] }));
  expect([table.claim(a, 'sliver'), table.inUse('sliver')]).toEqual([2, 3]);
});

test('a slot that others have meanwhile is given up, and another is found', () => {
  const table = new SlotTable(3);
  table.claim(a, 'sliver');
  table.claim(b, 'sliver');
  table.leaveToOthers(taken({ uids: [0] }));
  for (const name of [a, b, c]) table.yield(name, 'sliver');
  expect([table.claim(a, 'sliver'), table.claim(b, 'sliver')]).toEqual([2, 1]);
  expect([0, 1, 2].map((place) => table.holderOf(slot(place)))).toEqual([undefined, b, a]);
});

test('planning on a copy gives nothing away', () => {
  const table = new SlotTable(2);
  table.copy().claim(a, 'sliver');
  expect(table.claim(b, 'sliver')).toBe(0);
});

test('a range of others takes every slot that it touches', () => {
  const { first_range_id: first } = POLICY;
  expect(slotsOfRange(first + 65_535, 2, POLICY)).toEqual([0, 1]);
  expect(slotsOfRange(100_000, 65_536, POLICY)).toEqual([]);
  expect(slotsOfRange(0, 4_294_967_295, POLICY)).toHaveLength(8);
});

test('a delegate needs a user id and no range: it is not refused where others have all ranges', () => {
  const table = new SlotTable(3);
  table.leaveToOthers(taken({ uids: [1], ranges: [0, 1, 2] }));
  expect(table.claim(a, 'sliver')).toBeUndefined();
  expect([table.claim(b, 'delegate'), table.claim(c, 'delegate')]).toEqual([0, 2]);
  table.yield(b, 'delegate');
  expect(table.holderOf(slot(0))).toBe(b);
  expect(table.whyNone('delegate')).toBe('no free user id: 3 of 3 in use');
});

test('without a free range it is said which lines take most of them, and whose they are', () => {
  const range = (owner: string, first: number, count: number, line: number) => ({
    owner,
    first,
    count,
    where: `/etc/subuid line ${line}`,
  });
  const { first_range_id: first } = POLICY;
  const ranges = [
    range('bob', 100_000, 65_536, 1),
    range('eve', first, 65_536, 2),
    range('lxd', 1_000_000, 4_000_000_000, 3),
    range('tim', first + 65_536, 131_072, 4),
    range('zoe', first, 10, 5),
  ];
  const table = new SlotTable(8);
  table.leaveToOthers(foreignIds([], ranges, () => undefined, POLICY));
  expect(table.whyNone('sliver')).toBe(
    'no free id range: 8 of 8 in use; /etc/subuid line 3, lxd:1000000:4000000000, takes 8; /etc/subuid line 4, tim:1879113728:131072, takes 2; /etc/subuid line 2, eve:1879048192:65536, takes 1',
  );
});

test('whatever was held, freed and left to others, a claim gets the lowest free slot', () => {
  const name = fc.constantFrom(a, b, c, accountName('x_d'));
  const place = fc.nat(3).map(slot);
  const act = fc.oneof(
    fc.record({
      act: fc.constant('claim' as const),
      name,
      type: fc.constantFrom('sliver' as const, 'delegate' as const),
    }),
    fc.record({ act: fc.constant('release' as const), name }),
    fc.record({
      act: fc.constant('others' as const),
      uids: fc.uniqueArray(place),
      ranges: fc.uniqueArray(place),
    }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const table = new SlotTable(4);
      const held = new Map<AccountName, number>();
      let foreign = taken({});
      for (const one of acts) {
        if (one.act === 'others') {
          foreign = taken(one);
          table.leaveToOthers(foreign);
        } else if (one.act === 'release') {
          expect(table.release(one.name)).toBe(held.delete(one.name));
        } else {
          const ranges = one.type === 'sliver' ? foreign.ranges : [];
          const inUse = new Set<number>([...held.values(), ...foreign.uids, ...ranges]);
          expect(table.inUse(one.type)).toBe(inUse.size);
          const expected = held.get(one.name) ?? [0, 1, 2, 3].find((free) => !inUse.has(free));
          expect(table.claim(one.name, one.type)).toBe(expected);
          if (expected !== undefined) held.set(one.name, expected);
        }
      }
    }),
  );
});
