import { expect, test } from 'vitest';
import { derivePlaces } from './derive-places.ts';

const PID = 42;
const unix = { socket: '/run/s.sock' };
const tls = {
  address: '127.0.0.1',
  port: 1813,
  certificate_file: '/c',
  key_file: '/k',
  client_ca_file: '/a',
};
const handing = (names: string, count = names.split(':').length, pid = PID) => ({
  LISTEN_FDS: String(count),
  LISTEN_PID: String(pid),
  LISTEN_FDNAMES: names,
});

test('without systemd it listens on the path, and on the port where there is a table for TLS', () => {
  const path = { kind: 'unix', at: { path: '/run/s.sock' } };
  expect(derivePlaces({ unix, tls: undefined }, {}, PID)).toEqual([path]);
  expect(derivePlaces({ unix, tls }, handing('unix', 1, PID + 1), PID)).toEqual([
    path,
    { kind: 'tls', at: { host: '127.0.0.1', port: 1813 } },
  ]);
});

test('what systemd hands over is told apart by its name', () => {
  expect(derivePlaces({ unix, tls }, handing('tls:unix'), PID)).toEqual([
    { kind: 'tls', at: { fd: 3 } },
    { kind: 'unix', at: { fd: 4 } },
  ]);
});

test.each([
  [
    'a socket for TLS that nothing is configured for',
    undefined,
    handing('tls'),
    /no table \[tls\]/,
  ],
  [
    'no socket for the TLS that is configured',
    tls,
    handing('unix'),
    /enable and start .*-tls.socket/,
  ],
  ['a socket of another name', tls, handing('api'), /LISTEN_FDNAMES is "api"/],
  ['more sockets than names', tls, handing('tls', 2), /LISTEN_FDNAMES is "tls"/],
  ['no number of sockets', tls, { ...handing('tls'), LISTEN_FDS: '1e1' }, /LISTEN_FDS is "1e1"/],
])('%s is an error', (_what, configured, env, why) => {
  expect(() => derivePlaces({ unix, tls: configured }, env, PID)).toThrow(why);
});
