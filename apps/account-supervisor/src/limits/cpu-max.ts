/** nm_cpu_max, as cpu.max of the sliver's control group: a share of the time of all the node's processors. */
import { amountOf } from '@nodemgr/records';
import { howCeiled, type UnitLimit } from './limit.ts';

/** All of the node's CPU, in thousandths. */
const WHOLE = 1000;
/** With less a sliver does not start within the time that its unit has. */
const LEAST = 10;

export const CPU_MAX = {
  resources: ['nm_cpu_max'],
  from: 'cpu.max',
  unit: 'thousandths',
  zero: 'no limit',
  unset: 0,
  label: 'cpu ceiling',
  detail: 'cpu_max_thousandths',
  wanted: (effective) => {
    const asked = amountOf(effective, 'nm_cpu_max');
    return asked <= 0 || asked > WHOLE ? 0 : Math.max(LEAST, asked);
  },
  how: howCeiled('nm_cpu_max'),
  writtenBy: 'unit',
  // Per cent of one processor; empty: none (systemd.resource-control(5)).
  property: 'CPUQuota',
  write: (amount, { cpus }) => (amount === 0 ? '' : `${(amount * cpus) / 10}%`),
  // `max 100000`, or microseconds in each period of so many (cgroup-v2.rst, cpu.max).
  read: (text, { cpus }) => {
    const [quota = 'max', period = '1'] = text.split(' ');
    return quota === 'max' ? 0 : Math.round((Number(quota) / Number(period) / cpus) * WHOLE);
  },
} as const satisfies UnitLimit;
