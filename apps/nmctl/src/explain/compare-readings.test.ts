import type { Reading } from '@nodemgr/contracts';
import { expect, test } from 'vitest';
import { compareReadings } from './compare-readings.ts';

type Quantity = Pick<Reading, 'amount' | 'unit'>;

const weight = (amount: number): Quantity => ({ amount, unit: 'weight' });
const size = (amount: number | null): Quantity => ({ amount, unit: 'KiB' });

function compared(wanted: Quantity | undefined, enforced: Quantity | undefined) {
  const one = { resource: 'nm_mem_max', from: 'memory.max' };
  const [comparison] = compareReadings({
    driver: 'linux',
    wanted: wanted === undefined ? [] : [{ ...one, ...wanted }],
    readings: enforced === undefined ? [] : [{ ...one, ...enforced }],
  });
  return [comparison?.wanted, comparison?.enforced, comparison?.agreement];
}

test.each([
  ['64', '64', 'as wanted', weight(64), weight(64)],
  ['64', '65', 'differs', weight(64), weight(65)],
  ['max', '20000 KiB', 'differs', size(null), size(20_000)],
  ['max', 'max', 'as wanted', size(null), size(null)],
  ['20001 KiB', '20000 KiB', 'as wanted', size(20_001), size(20_000)],
  ['20008 KiB', '20000 KiB', 'differs', size(20_008), size(20_000)],
  ['20001 KiB', undefined, 'missing', size(20_001), undefined],
  [undefined, '20001 KiB', 'unasked', undefined, size(20_001)],
])('%s wanted and %s enforced: %s', (wantedText, enforcedText, verdict, wanted, enforced) => {
  expect(compared(wanted, enforced)).toEqual([wantedText, enforcedText, verdict]);
});

test('what is used is told in its unit, with the limit that has no reading of its own', () => {
  const one = { resource: 'nm_disk_quota', from: 'project quota', ...size(5000) };
  const used = (list: Reading['used']) =>
    compareReadings({ driver: 'linux', wanted: [], readings: [{ ...one, used: list }] })[0]?.used;
  expect(used([{ amount: 3.46, unit: 's' }])).toBe('3.5 s');
  expect(used([{ amount: 17, unit: 'tasks' }])).toBe('17');
  expect(
    used([
      { amount: 12, unit: 'KiB' },
      { amount: 3, unit: 'files', of: 16_384 },
    ]),
  ).toBe('12 KiB, 3 of 16384 files');
  expect(used(undefined)).toBe(undefined);
});
