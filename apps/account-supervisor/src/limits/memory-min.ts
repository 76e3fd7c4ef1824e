/**
 * nm_mem_min, as memory.min of the sliver's control group: memory that others' needs do not take away. The
 * kernel grants a group at most what the groups above it are granted, so the slices have the sum.
 */
import { type AccountName, amountOf, type Rspec } from '@nodemgr/records';
import { type Division, inGroup, type NodeFacts, PAGE_KIB, type UnitLimit } from './limit.ts';

/** Thousandths of the node's memory that can be kept for slivers: the rest is the node's own, and for those without. */
const MOST = 800;

const claimOf = (effective: Rspec): number => Math.max(0, amountOf(effective, 'nm_mem_min'));

/** What can be kept is the kernel's to hold by whole pages. */
const pagesOf = (amount: number): number => Math.floor(amount / PAGE_KIB) * PAGE_KIB;

function divide(claims: ReadonlyMap<AccountName, Rspec>, { memory }: NodeFacts): Division {
  const asked = [...claims].map(([name, rspec]) => [name, claimOf(rspec)] as const);
  const sum = asked.reduce((all, [, claim]) => all + claim, 0);
  const most = Math.floor((memory * MOST) / 1000);
  const part = sum > most ? most / sum : 1;
  return {
    amounts: new Map(asked.map(([name, claim]) => [name, pagesOf(claim * part)])),
    shortfall:
      sum > most
        ? `slivers ask to keep ${sum} KiB of memory, ${most} of the node's ${memory} can be kept: all are cut in proportion`
        : undefined,
  };
}

export const MEMORY_MIN = {
  resources: ['nm_mem_min'],
  from: 'memory.min',
  unit: 'KiB',
  zero: 'nothing',
  unset: 0,
  label: 'memory kept',
  detail: 'memory_min_kib',
  divide,
  how: (effective, amount, { shortfall }) =>
    claimOf(effective) === 0 || pagesOf(claimOf(effective)) === amount ? undefined : shortfall,
  failure: { code: 'memory-guarantees', subject: 'memory guarantees', action: 'guarantee' },
  told: { what: 'share-changed', why: 'by what all slivers ask to keep' },
  writtenBy: 'unit',
  property: 'MemoryMin',
  write: (amount) => `${amount}K`,
  read: inGroup(1024),
  summed: true,
} as const satisfies UnitLimit;
