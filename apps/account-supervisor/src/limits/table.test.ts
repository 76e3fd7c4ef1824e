import { RESOURCE_NAMES, RESOURCES } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { DISCORD } from './limit.ts';
import { changeText, LIMITS, limitsTable, readingOf } from './table.ts';

test('each resource of this agent is enforced by exactly one limit, and no other resource is', () => {
  const enforced = Object.values(LIMITS).flatMap(({ resources }): readonly string[] => resources);
  const ours = RESOURCE_NAMES.filter((name) => RESOURCES[name].enforcedBy === 'account-supervisor');
  expect([...enforced].sort()).toEqual([...ours].sort());
});

test('a table without a limit for one of this agent’s resources does not compile', () => {
  const { memoryMax, ...others } = LIMITS;
  // @ts-expect-error: no limit enforces nm_mem_max
  const without = limitsTable(others);
  expect(limitsTable({ ...without, memoryMax })).toEqual(LIMITS);
});

test('a table with a limit for a resource of another agent does not compile', () => {
  const stranger = { resources: ['nm_net_share'], writtenBy: 'steps' } as const;
  // @ts-expect-error: nm_net_share is not of this agent
  expect(Object.keys(limitsTable({ ...LIMITS, stranger }))).toContain('stranger');
});

test('no limit is a reading without an amount; a weight of 0 is an amount', () => {
  expect(readingOf('memoryMax', 0)).toEqual({
    resource: 'nm_mem_max',
    from: 'memory.max',
    amount: null,
    unit: 'KiB',
  });
  expect(readingOf('cpuWeight', 0).amount).toBe(0);
});

test('a change is told with both amounts, and with the unit of the last that is one', () => {
  expect(changeText('memoryMax', 0, 20_000)).toBe('memory limit none → 20000 KiB');
  expect(changeText('memoryMax', 20_000, 0)).toBe('memory limit 20000 KiB → none');
  expect(changeText('ioWriteMax', DISCORD, 7)).toBe('disk writes none → 7 bytes/s');
  expect(changeText('diskQuota', 5, 6)).toBe('disk quota 5 → 6 KiB');
  expect(changeText('cpuWeight', 200, 400)).toBe('cpu weight 200 → 400');
});
