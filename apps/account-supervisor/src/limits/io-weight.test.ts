import { accountName } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { NODE } from '../test-support/builders.test-support.ts';
import { IO_WEIGHT } from './io-weight.ts';

const [A, B] = [accountName('site_a'), accountName('site_b')];
const claims = new Map([
  [A, { nm_io_weight: 300 }],
  [B, {}],
]);
const WITHOUT = { ...NODE, lacks: { 'disk weights': 'the disk vda has the scheduler none' } };

test('a weight is the one asked for, and its part of all is told', () => {
  const division = IO_WEIGHT.divide(claims, NODE);
  expect([...division.amounts.values()]).toEqual([300, 100]);
  expect(IO_WEIGHT.how({ nm_io_weight: 300 }, 300, division)).toMatch(/^75% of the 400 /);
});

test('a weight beyond what the kernel takes is the nearest that it takes', () => {
  const beyond = new Map([
    [A, { nm_io_weight: 0 }],
    [B, { nm_io_weight: 1e6 }],
  ]);
  const division = IO_WEIGHT.divide(beyond, NODE);
  expect([...division.amounts.values()]).toEqual([1, 1000]);
  expect(IO_WEIGHT.how({ nm_io_weight: 0 }, 1, division)).toMatch(/^0 is beyond 1 to 1000; /);
});

test('where the disk knows no weights all are alike, and whoever asks for one is told why', () => {
  const division = IO_WEIGHT.divide(claims, WITHOUT);
  expect([...division.amounts.values()]).toEqual([100, 100]);
  expect(division.shortfall).toMatch(/: the disk vda has the scheduler none$/);
  expect(IO_WEIGHT.how({ nm_io_weight: 300 }, 100, division)).toMatch(/^300 is asked for, but /);
  expect(IO_WEIGHT.divide(new Map([[B, {}]]), WITHOUT).shortfall).toBeUndefined();
});

test('a weight that nobody has set is the kernel’s own', () => {
  expect(IO_WEIGHT.read('')).toBe(100);
});

test('a weight is written so that BFQ has it as it was asked for, and read back from there', () => {
  expect([1, 100, 300, 1000].map((weight) => IO_WEIGHT.write(weight))).toEqual([
    '1',
    '100',
    '2300',
    '10000',
  ]);
  expect(IO_WEIGHT.read('8:0 50\ndefault 300')).toBe(300);
});
