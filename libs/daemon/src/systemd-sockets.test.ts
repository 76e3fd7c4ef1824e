import { expect, test } from 'vitest';
import { systemdSockets } from './systemd-sockets.ts';

test('descriptors from 3 on, as many as systemd says', () => {
  expect(systemdSockets({ LISTEN_FDS: '2', LISTEN_PID: '77' }, 77)).toEqual([3, 4]);
});

test('none when nothing is handed over, or to another process', () => {
  expect(systemdSockets({}, 77)).toEqual([]);
  expect(systemdSockets({ LISTEN_FDS: '2' }, 77)).toEqual([]);
  expect(systemdSockets({ LISTEN_FDS: '2', LISTEN_PID: '78' }, 77)).toEqual([]);
});

test('a number that makes no sense is an error', () => {
  for (const count of ['', '-1', 'two', '999']) {
    expect(() => systemdSockets({ LISTEN_FDS: count, LISTEN_PID: '77' }, 77)).toThrow('LISTEN_FDS');
  }
});
