import { expect, test } from 'vitest';
import { compareReadings } from './compare-readings.ts';

function agreement(wanted: string | undefined, enforced: string | undefined) {
  const one = { resource: 'nm_mem_max', from: 'memory.max' };
  return compareReadings({
    driver: 'linux',
    wanted: wanted === undefined ? [] : [{ ...one, value: wanted }],
    readings: enforced === undefined ? [] : [{ ...one, value: enforced }],
  }).map((compared) => compared.agreement);
}

test.each([
  ['64', '64', 'as wanted'],
  ['64', '65', 'differs'],
  ['max', '20000 KiB', 'differs'],
  ['20001 KiB', '20000 KiB', 'as wanted'],
  ['20008 KiB', '20000 KiB', 'differs'],
  ['20001 KiB', undefined, 'missing'],
  [undefined, '20001 KiB', 'unasked'],
])('%s wanted and %s enforced: %s', (wanted, enforced, verdict) => {
  expect(agreement(wanted, enforced)).toEqual([verdict]);
});
