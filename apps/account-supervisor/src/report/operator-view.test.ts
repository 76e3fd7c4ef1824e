import type { Reading } from '@nodemgr/contracts';
import { expect, test } from 'vitest';
import { usageIn } from './operator-view.ts';

const READINGS: readonly Reading[] = [
  {
    resource: 'nm_disk_quota',
    from: 'project quota',
    amount: 5_000_000,
    unit: 'KiB',
    used: [
      { amount: 120, unit: 'KiB' },
      { amount: 33, unit: 'files', of: 312_500 },
    ],
  },
  {
    resource: 'nm_cpu_share',
    from: 'cpu.weight',
    amount: 256,
    unit: 'weight',
    used: [{ amount: 1.2345, unit: 's' }],
  },
  {
    resource: 'nm_mem_max',
    from: 'memory.max',
    amount: null,
    unit: 'KiB',
    used: [{ amount: 4096, unit: 'KiB' }],
  },
  {
    resource: 'nm_tasks_max',
    from: 'pids.max',
    amount: 4096,
    unit: 'tasks',
    used: [{ amount: 0, unit: 'tasks' }],
  },
  {
    resource: 'nm_io_read_max',
    from: 'io.max',
    amount: null,
    unit: 'bytes/s',
    used: [{ amount: 512, unit: 'bytes' }],
  },
  { resource: 'nm_cpu_max', from: 'cpu.max', amount: null, unit: 'thousandths' },
];

test('the use of a sliver is what is counted under its limits, in whole units of the API', () => {
  expect(usageIn(READINGS)).toEqual({
    cpu_ms: 1234,
    memory_kib: 4096,
    tasks: 0,
    disk_kib: 120,
    files: 33,
    read_bytes: 512,
  });
});

test('the use of a sliver has nothing in it that is not counted', () => {
  expect(usageIn(READINGS.slice(0, 1))).toEqual({ disk_kib: 120, files: 33 });
  expect(usageIn([])).toEqual({});
});
