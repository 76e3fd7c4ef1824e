import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  amountOf,
  DEFAULT_RSPEC,
  isLoanable,
  LOANABLE,
  RESOURCES,
  type ResourceName,
  type ResourceOf,
  readAmount,
  withDefaults,
} from './rspec.ts';

test('a sliver has these resources, and this much of each when its record is silent', () => {
  expect(DEFAULT_RSPEC).toEqual({
    nm_enabled: 1,
    nm_cpu_share: 32,
    nm_cpu_guaranteed_share: 0,
    nm_cpu_max: 0,
    nm_cpu_cores: 0,
    nm_disk_quota: 5_000_000,
    nm_net_min_rate: 8,
    nm_net_exempt_min_rate: 8,
    nm_net_max_rate: 1_000_000_000,
    nm_net_exempt_max_rate: 1_000_000_000,
    nm_net_share: 1,
    nm_net_max_byte: 0,
    nm_net_max_thresh_byte: 0,
    nm_net_max_exempt_byte: 0,
    nm_net_max_thresh_exempt_byte: 0,
    nm_mem_max: 0,
    nm_mem_min: 0,
    nm_tasks_max: 4096,
    nm_io_weight: 100,
    nm_io_read_max: 0,
    nm_io_write_max: 0,
  });
});

test('these resources may be lent, and no others', () => {
  expect([...LOANABLE].sort()).toEqual([
    'nm_cpu_guaranteed_share',
    'nm_cpu_share',
    'nm_io_weight',
    'nm_mem_min',
    'nm_net_exempt_max_rate',
    'nm_net_max_rate',
    'nm_net_share',
  ]);
  expect(['nm_disk_quota', 'other', 'toString', '__proto__'].some(isLoanable)).toBe(false);
});

test('every resource is enforced by exactly one agent', () => {
  expectTypeOf<
    ResourceOf<'account-supervisor'> | ResourceOf<'bwcap-agent'>
  >().toEqualTypeOf<ResourceName>();
  expectTypeOf<
    ResourceOf<'account-supervisor'> & ResourceOf<'bwcap-agent'>
  >().toEqualTypeOf<never>();
});

test('an integer of an authority is an amount; -1 is no limit where there is one; less means nothing', () => {
  expect(readAmount('nm_cpu_share', 0)).toBe(0);
  expect(readAmount('nm_mem_max', -1)).toBe(0);
  expect(readAmount('nm_net_max_rate', -1)).toBe(RESOURCES.nm_net_max_rate.unlimited);
  expect(readAmount('nm_net_max_rate', -2)).toBe(undefined);
  expect(readAmount('nm_cpu_share', -1)).toBe(undefined);
  expect(readAmount('other', -1)).toBe(-1);
});

describe('an RSpec', () => {
  test('keeps what it names, unknown resources and values over 31 bits included', () => {
    const rspec = withDefaults({ nm_cpu_share: 0, nm_net_max_rate: 2 ** 40, other: -1 });
    expect(rspec).toMatchObject({ nm_cpu_share: 0, nm_net_max_rate: 2 ** 40, other: -1 });
    expect(rspec['nm_disk_quota']).toBe(5_000_000);
  });

  test('takes the rest from the defaults that are given', () => {
    expect(withDefaults({}, { nm_cpu_share: 7 })).toEqual({ nm_cpu_share: 7 });
  });

  test('grants the default of a resource that it does not name', () => {
    expect(amountOf({}, 'nm_tasks_max')).toBe(RESOURCES.nm_tasks_max.default);
    expect(amountOf({ nm_tasks_max: 0 }, 'nm_tasks_max')).toBe(0);
  });
});
