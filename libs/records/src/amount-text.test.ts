import { expect, test } from 'vitest';
import { amountText, rateText, sizeText } from './amount-text.ts';
import { kib } from './quantities.ts';

test('amounts are told in the unit that reads best', () => {
  expect(amountText('nm_disk_quota', 5_000_000)).toBe('4.77 GiB');
  expect(amountText('nm_net_max_rate', 1_000_000_000)).toBe('1 Gbit/s');
  expect(amountText('nm_net_min_rate', 8)).toBe('8 bit/s');
  expect(amountText('nm_net_max_rate', 0)).toBe('0 bit/s');
  expect(amountText('nm_cpu_guaranteed_share', 200)).toBe('20%');
  expect(amountText('nm_cpu_max', 250)).toBe('25%');
  expect(amountText('nm_cpu_max', 0)).toBe('no limit');
  expect(amountText('nm_io_read_max', 20_000_000)).toBe('20 MB/s');
  expect(amountText('nm_cpu_share', 64)).toBe('64');
  expect(amountText('nm_mem_max', 0)).toBe('no limit');
  expect(amountText('nm_net_max_rate', 1e12)).toBe('no limit');
  expect(amountText('nm_disk_quota', Number.MAX_SAFE_INTEGER)).toBe('no limit');
  expect(amountText('nm_net_min_rate', 1e12)).toBe('1000 Gbit/s');
  expect(amountText('nm_net_max_byte', 10_800_000_000)).toBe('10.8 GB/day');
  expect(amountText('nm_net_max_byte', 0)).toBe('no limit');
  expect(amountText('nm_net_max_thresh_byte', 0)).toBe('0');
  expect(rateText(1e12)).toBe('1000 Gbit/s');
  expect(sizeText(kib(190_416))).toBe('185.95 MiB');
});

test('a resource that is not ours is a bare number, whatever its name', () => {
  expect(amountText('constructor', 7)).toBe('7');
  expect(amountText('vsys_pipes', -1)).toBe('-1');
});
