/** nm_tasks_max, as pids.max of the sliver's control group. */
import { amountOf, type Rspec, UNLIMITED_TASKS } from '@nodemgr/records';
import { howLimited, inGroup, orInfinity, type UnitLimit } from './limit.ts';

/** What a sliver needs to start: systemd-nspawn's own two, process 1, the start script, and a login. */
const MIN_TASKS = 16;

export const TASKS_MAX = {
  resources: ['nm_tasks_max'],
  from: 'pids.max',
  unit: 'tasks',
  zero: 'no limit',
  label: 'tasks',
  detail: 'tasks_max',
  wanted: (effective) =>
    Math.min(UNLIMITED_TASKS, Math.max(MIN_TASKS, amountOf(effective, 'nm_tasks_max'))),
  how: (effective: Rspec, amount: number) => {
    const asked = amountOf(effective, 'nm_tasks_max');
    return asked === amount ? undefined : howLimited(asked, amount);
  },
  writtenBy: 'unit',
  property: 'TasksMax',
  write: (amount) => orInfinity(amount),
  read: inGroup(1),
  used: { file: 'pids.current', unit: 'tasks', read: Number },
} as const satisfies UnitLimit;
