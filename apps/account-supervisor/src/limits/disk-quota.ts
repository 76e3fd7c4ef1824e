/** nm_disk_quota, as the hard limit of the sliver's project; the files that go with it are inode-limit.ts's. */
import { amountOf } from '@nodemgr/records';
import type { QuotaLimit } from './limit.ts';

export const DISK_QUOTA = {
  resources: ['nm_disk_quota'],
  from: 'project quota',
  unit: 'KiB',
  zero: 'no limit',
  label: 'disk quota',
  detail: 'disk_quota_kib',
  // A quota of 0 would mean none at all (setquota(8)).
  wanted: (effective) => Math.max(1, amountOf(effective, 'nm_disk_quota')),
  how: () => undefined,
  writtenBy: 'quota',
} as const satisfies QuotaLimit;
