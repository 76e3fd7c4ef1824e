/** What the pretended kernel holds an account to: whatever it was last told. Pure. */
import type { Reading } from '@nodemgr/contracts';

import { isObservedSliver, type ObservedAccount } from '../../observed/observed-account.ts';

/** readingsOf returns the limits of a pretended sliver in the kernel's words; nothing is ever used. */
export function readingsOf(account: ObservedAccount): readonly Reading[] {
  if (!isObservedSliver(account)) return [];
  const { diskQuota, limits } = account;
  const readings: Reading[] = [];
  if (diskQuota !== undefined) {
    readings.push({
      resource: 'nm_disk_quota',
      from: 'project quota',
      amount: diskQuota,
      unit: 'KiB',
    });
  }
  if (limits === undefined) return readings;
  const memory = limits.memoryMax === 0 ? null : limits.memoryMax;
  return [
    ...readings,
    { resource: 'nm_cpu_share', from: 'cpu.weight', amount: limits.cpuWeight, unit: 'weight' },
    { resource: 'nm_mem_max', from: 'memory.max', amount: memory, unit: 'KiB' },
    { resource: 'nm_tasks_max', from: 'pids.max', amount: limits.tasksMax, unit: 'tasks' },
  ];
}
