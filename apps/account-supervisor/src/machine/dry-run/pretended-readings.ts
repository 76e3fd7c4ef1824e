/** What the pretended kernel holds an account to: whatever it was last told. Pure. */

import { isObservedSliver, type ObservedAccount } from '../../observed/observed-account.ts';
import type { Reading } from '../port.ts';

/** readingsOf returns the limits of a pretended sliver in the kernel's words; nothing is ever used. */
export function readingsOf(account: ObservedAccount): readonly Reading[] {
  if (!isObservedSliver(account)) return [];
  const { diskQuota, limits } = account;
  const readings: Reading[] = [];
  if (diskQuota !== undefined) {
    readings.push({ resource: 'nm_disk_quota', from: 'project quota', value: `${diskQuota} KiB` });
  }
  if (limits === undefined) return readings;
  const memory = limits.memoryMax === 0 ? 'max' : `${limits.memoryMax} KiB`;
  return [
    ...readings,
    { resource: 'nm_cpu_share', from: 'cpu.weight', value: `${limits.cpuWeight}` },
    { resource: 'nm_mem_max', from: 'memory.max', value: memory },
    { resource: 'nm_tasks_max', from: 'pids.max', value: `${limits.tasksMax}` },
  ];
}
