import { accountName } from '@nodemgr/records';
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
