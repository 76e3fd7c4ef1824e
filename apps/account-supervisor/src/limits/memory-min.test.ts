import { type AccountName, accountName, type Rspec } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { NODE } from '../test-support/builders.test-support.ts';
import { MEMORY_MIN } from './memory-min.ts';

const [A, B] = [accountName('site_a'), accountName('site_b')];
const claims = (a: number, b: number): ReadonlyMap<AccountName, Rspec> =>
  new Map([
    [A, { nm_mem_min: a }],
    [B, { nm_mem_min: b }],
  ]);

test('what is asked for is kept, in whole pages', () => {
  const { amounts, shortfall } = MEMORY_MIN.divide(claims(65_537, 0), NODE);
  expect([...amounts]).toEqual([
    [A, 65_536],
    [B, 0],
  ]);
  expect(shortfall).toBeUndefined();
});

test('more than the node can keep is cut in proportion, and said', () => {
  const division = MEMORY_MIN.divide(claims(1_200_000, 400_000), NODE);
  expect([...division.amounts.values()]).toEqual([600_000, 200_000]);
  expect(division.shortfall).toMatch(/ask to keep 1600000 KiB of memory, 800000 of the node's/);
  expect(MEMORY_MIN.how({ nm_mem_min: 400_000 }, 200_000, division)).toBe(division.shortfall);
  expect(MEMORY_MIN.how({ nm_mem_min: 0 }, 0, division)).toBeUndefined();
});

test('an amount is written in KiB and read back from bytes', () => {
  expect(MEMORY_MIN.write(64)).toBe('64K');
  expect(MEMORY_MIN.read('65536')).toBe(64);
});
