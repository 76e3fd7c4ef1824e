import { type AccountName, accountName, type Rspec } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { NODE } from '../test-support/builders.test-support.ts';
import { IO_READ_MAX, IO_WRITE_MAX } from './io-max.ts';
import { DISCORD } from './limit.ts';

const LINE = '252:0 rbps=1000000 wbps=max riops=max wiops=max\n';
/** One on which somebody has measured what the disk takes. */
const MEASURED = { ...NODE, disk: { bytes: 10_000_000, writes: 200 } };
const [A, B, C] = [accountName('site_a'), accountName('site_b'), accountName('site_c')];
const claims = (...amounts: readonly number[]): ReadonlyMap<AccountName, Rspec> =>
  new Map([A, B, C].map((name, i) => [name, { nm_io_write_max: amounts[i] ?? 0 }] as const));
const amountsOf = (node: typeof NODE, ...amounts: readonly number[]) => [
  ...IO_WRITE_MAX.divide(claims(...amounts), node).amounts.values(),
];

test('a limit is written for the device of the state folder, and taken away by an empty value', () => {
  expect(IO_READ_MAX.write(1_000_000, NODE)).toBe('/var/lib/nodemgr 1000000');
  expect(IO_WRITE_MAX.write(0, NODE)).toBe('');
});

test('each direction is read back from its own key; none is no limit', () => {
  expect(IO_READ_MAX.read(LINE)).toBe(1_000_000);
  expect(IO_WRITE_MAX.read(LINE, NODE)).toBe(0);
  expect(IO_WRITE_MAX.read('', NODE)).toBe(0);
});

test('what was read and written is summed over all devices', () => {
  const stat = '252:0 rbytes=10 wbytes=1 rios=1 wios=1\n253:0 rbytes=5 wbytes=2 rios=1 wios=1\n';
  expect([IO_READ_MAX.used.read(stat), IO_WRITE_MAX.used.read(stat)]).toEqual([15, 3]);
});

test('a limit under which no sliver could start is raised, and says so', () => {
  expect(IO_READ_MAX.wanted({ nm_io_read_max: 1 })).toBe(65_536);
  expect(IO_READ_MAX.how({ nm_io_read_max: 1 }, 65_536)).toMatch(/^raised from 1,/);
  expect(amountsOf(NODE, 1)).toEqual([65_536, 0, 0]);
  expect(IO_WRITE_MAX.how({ nm_io_write_max: 1 }, 65_536)).toMatch(/^raised from 1,/);
});

test('where nobody knows what the disk takes, each writes what it asks for', () => {
  expect(amountsOf(NODE, 0, 2_000_000, 40_000_000)).toEqual([0, 2_000_000, 40_000_000]);
  expect(IO_WRITE_MAX.along(NODE)).toEqual(['IOWriteIOPSMax=']);
});

test('of a disk that was measured nobody writes more than a part; who asks for more is told of', () => {
  expect(amountsOf(MEASURED, 0, 2_000_000, 40_000_000)).toEqual([
    10_000_000, 2_000_000, 10_000_000,
  ]);
  expect(IO_WRITE_MAX.along(MEASURED)).toEqual(['IOWriteIOPSMax=/var/lib/nodemgr 200']);
  const cut = (...amounts: readonly number[]) =>
    IO_WRITE_MAX.divide(claims(...amounts), MEASURED).shortfall;
  expect(cut(0, 2_000_000)).toBeUndefined();
  expect(cut(0, 2_000_000, 40_000_000)).toMatch(/^site_c asks to write more than the 10000000 /);
  expect(cut(40_000_000, 40_000_000)).toMatch(/^2 slivers ask to write more /);
});

test('how the amount follows is said where it is not what is asked for', () => {
  expect(IO_WRITE_MAX.how({}, 10_000_000)).toMatch(/^no limit is asked for: .* bounded/);
  expect(IO_WRITE_MAX.how({ nm_io_write_max: 40_000_000 }, 10_000_000)).toMatch(/^40000000 is ask/);
  expect(IO_WRITE_MAX.how({ nm_io_write_max: 2_000_000 }, 2_000_000)).toBeUndefined();
  expect(IO_WRITE_MAX.how({}, 0)).toBeUndefined();
});

test('where the bound of requests is another, or is left from one that was lifted, the limit is set again', () => {
  const line = (writes: string) => `252:0 rbps=max wbps=10000000 riops=max wiops=${writes}\n`;
  expect(IO_WRITE_MAX.read(line('200'), MEASURED)).toBe(10_000_000);
  expect(IO_WRITE_MAX.read(line('max'), MEASURED)).toBe(DISCORD);
  expect(IO_WRITE_MAX.read(line('300'), MEASURED)).toBe(DISCORD);
  expect(IO_WRITE_MAX.read(line('200'), NODE)).toBe(DISCORD);
  expect(IO_WRITE_MAX.read(line('max'), NODE)).toBe(10_000_000);
});
