import { expect, test } from 'vitest';
import { NODE } from '../test-support/builders.test-support.ts';
import { IO_READ_MAX, IO_WRITE_MAX } from './io-max.ts';

const node = NODE;
const LINE = '252:0 rbps=1000000 wbps=max riops=max wiops=max\n';

test('a limit is written for the device of the state folder, and taken away by an empty value', () => {
  expect(IO_READ_MAX.write(1_000_000, node)).toBe('/var/lib/nodemgr 1000000');
  expect(IO_WRITE_MAX.write(0, node)).toBe('');
});

test('each direction is read back from its own key; none is no limit', () => {
  expect(IO_READ_MAX.read(LINE)).toBe(1_000_000);
  expect(IO_WRITE_MAX.read(LINE)).toBe(0);
  expect(IO_WRITE_MAX.read('')).toBe(0);
});

test('what was read and written is summed over all devices', () => {
  const stat = '252:0 rbytes=10 wbytes=1 rios=1 wios=1\n253:0 rbytes=5 wbytes=2 rios=1 wios=1\n';
  expect([IO_READ_MAX.used.read(stat), IO_WRITE_MAX.used.read(stat)]).toEqual([15, 3]);
});

test('a limit under which no sliver could start is raised, and says so', () => {
  expect(IO_READ_MAX.wanted({ nm_io_read_max: 1 })).toBe(65_536);
  expect(IO_READ_MAX.how({ nm_io_read_max: 1 }, 65_536)).toMatch(/^raised from 1,/);
});
