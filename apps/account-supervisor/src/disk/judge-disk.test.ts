import { accountName } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import {
  type DiskFacts,
  judgeRoom,
  quotasTrouble,
  reserveTrouble,
  type SliverOnDisk,
  spaceTrouble,
  whyNoRoom,
} from './judge-disk.ts';

/** A file system with room for 1,000,000 KiB of slivers', of which some are used. */
const aDisk = (used: number, changes: Partial<DiskFacts> = {}): DiskFacts => ({
  folder: '/var/lib/nodemgr',
  used,
  available: 1_000_000 - used,
  noReserve: undefined,
  ...changes,
});

const aSliver = (name: string, used: number, kept = false): SliverOnDisk => ({
  name: accountName(name),
  used,
  kept,
});

const unasked = (): never => {
  throw new Error('nobody needs to know');
};

describe('the room for slivers', () => {
  test.each([
    [0, 'enough'],
    [899_999, 'enough'],
    [900_000, 'short'],
    [979_999, 'short'],
    [980_000, 'full'],
    [1_000_000, 'full'],
  ])('with %d of 1000000 KiB used is %s', (used, room) => {
    expect(judgeRoom(aDisk(used))).toBe(room);
  });

  test('does not count what is kept back for the node', () => {
    expect(judgeRoom(aDisk(500_000, { available: 0 }))).toBe('full');
  });

  test('is trouble from 90% on, which names the three largest slivers', () => {
    const slivers = [
      aSliver('site_a', 10_240),
      aSliver('site_b', 400_000, true),
      aSliver('site_c', 5),
      aSliver('site_d', 480_000),
    ];
    const { reason } = spaceTrouble(aDisk(900_000), () => slivers);
    expect(reason).toBe(
      '90% of the room for slivers in the file system of /var/lib/nodemgr is used; the largest are site_d 469 MiB, site_b (removed, its files are kept) 391 MiB, site_a 10 MiB',
    );
    expect(whyNoRoom(aDisk(900_000))).toBeUndefined();
  });

  test('is too small for another sliver from 98% on', () => {
    const reason = whyNoRoom(aDisk(980_000));
    expect(reason).toMatch(/^98% of .* is used: no new sliver is made from 98% on$/);
    expect(spaceTrouble(aDisk(980_000), () => []).reason).toBe(
      `${reason}; no sliver has any of it`,
    );
  });

  test('is no trouble below that, and nobody is asked what slivers use', () => {
    expect(spaceTrouble(aDisk(899_999), unasked).reason).toBeUndefined();
  });
});

describe('the quotas of all slivers', () => {
  const quotas = { count: 3, sum: 1_500_000, overcommit: 1 };

  test('are trouble when they could not all be used, which says by how much', () => {
    expect(quotasTrouble(aDisk(0), quotas).reason).toMatch(
      /^the quotas of 3 slivers add up to 1500000 KiB, 500000 KiB more than the 1000000 KiB that/,
    );
  });

  test('may be as many times the room as the configuration says', () => {
    expect(quotasTrouble(aDisk(0), { ...quotas, overcommit: 1.5 }).reason).toBeUndefined();
    expect(quotasTrouble(aDisk(0), { ...quotas, sum: 1_000_000 }).reason).toBeUndefined();
  });
});

test('a file system that keeps nothing back for the node is trouble', () => {
  expect(reserveTrouble(aDisk(0)).reason).toBeUndefined();
  expect(reserveTrouble(aDisk(0, { noReserve: 'to the last block' })).reason).toBe(
    'to the last block',
  );
});
