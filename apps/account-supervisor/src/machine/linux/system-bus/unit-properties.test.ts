import { expect, test } from 'vitest';
import { UNIT_LIMITS } from '../../../limits/table.ts';
import { NODE } from '../../../test-support/builders.test-support.ts';
import { unitProperty } from './unit-properties.ts';

const amountIn = (assignment: string) => unitProperty(assignment).value.value;

test('numbers are as they are written, memory in bytes, and no limit is the largest number', () => {
  expect(unitProperty('CPUWeight=256')).toEqual({
    name: 'CPUWeight',
    value: { signature: 't', value: 256n },
  });
  expect(amountIn('MemoryMax=8192K')).toBe(8_388_608n);
  expect(amountIn('TasksMax=infinity')).toBe(2n ** 64n - 1n);
});

test('a ceiling of the CPU has another name and unit on the bus', () => {
  expect(unitProperty('CPUQuota=50%')).toEqual({
    name: 'CPUQuotaPerSecUSec',
    value: { signature: 't', value: 500_000n },
  });
  expect(amountIn('CPUQuota=0.4%')).toBe(4000n);
  expect(amountIn('CPUQuota=')).toBe(2n ** 64n - 1n);
});

test('a limit of the disk is a list of one device, or an empty one', () => {
  expect(amountIn('IOReadBandwidthMax=/var/lib/nodemgr 1000000')).toEqual([
    ['/var/lib/nodemgr', 1_000_000n],
  ]);
  expect(amountIn('IOWriteBandwidthMax=')).toEqual([]);
});

test('processors are bits of a mask', () => {
  expect(amountIn('AllowedCPUs=0-2,9')).toEqual([0b111, 0b10]);
  expect(amountIn('AllowedCPUs=')).toEqual([]);
});

test('what is not known or not a value is refused with its text', () => {
  for (const text of ['Nice=3', 'CPUWeight=', 'CPUWeight=1K', 'CPUQuota=5', 'AllowedCPUs=a']) {
    expect(() => unitProperty(text)).toThrow(text);
  }
});

test('the property of every limit can be set, with whatever amount', () => {
  for (const [, { property, write }] of UNIT_LIMITS) {
    for (const amount of [0, 1, 1000]) {
      expect(unitProperty(`${property}=${write(amount, NODE)}`).name).toContain(property);
    }
  }
});
