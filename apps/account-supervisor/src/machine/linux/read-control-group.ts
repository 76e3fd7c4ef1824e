/** Reads what the kernel holds a running sliver to, and what it has counted, from its control group. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reading, ReadingUnit } from '@nodemgr/contracts';
import { type AccountName, kib } from '@nodemgr/records';
import { cgroupOf } from '../../execute/layout.ts';
import { cpuWeight } from '../../limits/plan-cpu-weights.ts';
import type { Limits } from '../../observed/observed-account.ts';

/** In cgroup-v2.rst, the value of a limit that is not there. */
const MAX = 'max';

/** groupFile returns a file of the sliver's control group, without the line's end; undefined where there is none. */
async function groupFile(name: AccountName, file: string): Promise<string | undefined> {
  try {
    return (await readFile(join(cgroupOf(name), file), 'utf8')).trimEnd();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENODEV: the group has gone since it was opened.
    if (code === 'ENOENT' || code === 'ENODEV') return undefined;
    throw error;
  }
}

/** readLimits returns what is in force for a running sliver; undefined when it does not run. */
export async function readLimits(name: AccountName): Promise<Limits | undefined> {
  const [weight, memory, tasks] = await Promise.all([
    groupFile(name, 'cpu.weight'),
    groupFile(name, 'memory.max'),
    groupFile(name, 'pids.max'),
  ]);
  if (weight === undefined || memory === undefined || tasks === undefined) return undefined;
  return {
    cpuWeight: cpuWeight(Number(weight)),
    memoryMax: kib(memory === MAX ? 0 : Number(memory) / 1024),
    tasksMax: tasks === MAX ? Number.MAX_SAFE_INTEGER : Number(tasks),
  };
}

const amountIn = (text: string, perUnit: number): number | null =>
  text === MAX ? null : Number(text) / perUnit;

function field(text: string | undefined, key: string): string | undefined {
  const line = text?.split('\n').find((one) => one.startsWith(`${key} `));
  return line?.slice(key.length + 1);
}

const usedIn = (text: string | undefined, perUnit: number, unit: ReadingUnit) =>
  text === undefined ? {} : { used: [{ amount: Number(text) / perUnit, unit }] };

/** readGroup returns what the sliver's control group says; nothing when it does not run. */
export async function readGroup(name: AccountName): Promise<readonly Reading[]> {
  const files = ['cpu.weight', 'cpu.stat', 'memory.max', 'memory.current', 'pids.max'] as const;
  const texts = await Promise.all([...files, 'pids.current'].map((file) => groupFile(name, file)));
  const [weight, cpu, memory, memoryUsed, tasks, tasksUsed] = texts;
  const readings: Reading[] = [];
  if (weight !== undefined) {
    readings.push({
      resource: 'nm_cpu_share',
      from: 'cpu.weight',
      amount: amountIn(weight, 1),
      unit: 'weight',
      ...usedIn(field(cpu, 'usage_usec'), 1e6, 's'),
    });
  }
  if (memory !== undefined) {
    readings.push({
      resource: 'nm_mem_max',
      from: 'memory.max',
      amount: amountIn(memory, 1024),
      unit: 'KiB',
      ...usedIn(memoryUsed, 1024, 'KiB'),
    });
  }
  if (tasks !== undefined) {
    readings.push({
      resource: 'nm_tasks_max',
      from: 'pids.max',
      amount: amountIn(tasks, 1),
      unit: 'tasks',
      ...usedIn(tasksUsed, 1, 'tasks'),
    });
  }
  return readings;
}
