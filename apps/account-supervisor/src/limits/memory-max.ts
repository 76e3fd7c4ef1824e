/** nm_mem_max, as memory.max of the sliver's control group. */
import { amountOf, type Rspec } from '@nodemgr/records';
import { howLimited, inGroup, orInfinity, PAGE_KIB, type UnitLimit } from './limit.ts';

/** The kernel rounds down (cgroup-v2.rst, memory.max): nobody is to get less. */
const wholePages = (amount: number): number => Math.ceil(amount / PAGE_KIB) * PAGE_KIB;

/** Under a limit of less, systemd-nspawn is killed before the sliver has started. */
const MIN_KIB = 8192;
/** No machine has more memory (52 bits of address): the kernel tells limits of about twice as much as `max`. */
const MAX_KIB = 2 ** 42;

export const MEMORY_MAX = {
  resources: ['nm_mem_max'],
  from: 'memory.max',
  unit: 'KiB',
  zero: 'no limit',
  label: 'memory limit',
  detail: 'memory_max_kib',
  wanted: (effective) => {
    const asked = amountOf(effective, 'nm_mem_max');
    return asked <= 0 || asked > MAX_KIB ? 0 : wholePages(Math.max(MIN_KIB, asked));
  },
  how: (effective: Rspec, amount: number) => {
    const asked = amountOf(effective, 'nm_mem_max');
    const isPlain = asked <= 0 ? amount === 0 : wholePages(asked) === amount;
    return isPlain ? undefined : howLimited(asked, amount);
  },
  writtenBy: 'unit',
  property: 'MemoryMax',
  // K is 1024.
  write: (amount) => orInfinity(amount, 'K'),
  read: inGroup(1024),
  used: { file: 'memory.current', unit: 'KiB', read: (text) => Number(text) / 1024 },
} as const satisfies UnitLimit;
