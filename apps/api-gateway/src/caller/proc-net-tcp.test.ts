import { expect, test } from 'vitest';
import { type Connection, ownerOfPeer } from './proc-net-tcp.ts';

/** Rows as Linux 6.12 writes them on a little-endian machine: 127.0.0.1:812 and a client at :50000. */
const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const LISTENER =
  '   0: 0100007F:032C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8000 1 0000000000000000 100 0 0 10 0';
const OUR_END =
  '   1: 0100007F:032C 0100007F:C350 01 00000000:00000000 00:00000000 00000000   997        0 8001 1 0000000000000000 20 4 30 10 -1';

const peer = (state: string, uid: number, inode: number, local = '0100007F:C350') =>
  `   2: ${local} 0100007F:032C ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;
const table = (...rows: readonly string[]) => `${[HEAD, LISTENER, ...rows].join('\n')}\n`;

const CONNECTION: Connection = {
  peer: { address: '127.0.0.1', port: 50_000 },
  own: { address: '127.0.0.1', port: 812 },
  ownInode: 8001n,
};
const owner = (...rows: readonly string[]) => ownerOfPeer([table(...rows), ''], CONNECTION, 'LE');

test("the owner of the peer's socket is the caller", () => {
  expect(owner(OUR_END, peer('01', 30_000, 9001))).toEqual({ uid: 30_000 });
});

test.each(['04', '05', '08'])(
  'a socket in state %s that a process still holds has an owner',
  (state) => {
    expect(owner(OUR_END, peer(state, 30_000, 9001))).toEqual({ uid: 30_000 });
  },
);

test('the user id 0 of a socket that nobody holds any more is not root', () => {
  const orphaned = { unknown: 'no process holds the other end any more' };
  expect(owner(OUR_END, peer('04', 0, 0))).toEqual(orphaned);
  expect(owner(OUR_END, peer('05', 0, 0))).toEqual(orphaned);
  for (const state of ['02', '03', '06', '07', '09', '0A', '0B']) {
    expect(owner(OUR_END, peer(state, 0, 9001))).toEqual(orphaned);
  }
});

test('root is root while its process holds the socket', () => {
  expect(owner(OUR_END, peer('01', 0, 9001))).toEqual({ uid: 0 });
});

test("a connection that is gone names nobody: its ports may be another caller's by now", () => {
  const gone = { unknown: 'the connection was closed before its owner was looked up' };
  expect(owner(peer('01', 0, 9001))).toEqual(gone);
  expect(owner(OUR_END.replace(' 8001 ', ' 8002 '), peer('01', 0, 9001))).toEqual(gone);
});

test('only the row of exactly this pair of addresses counts', () => {
  const others = [
    peer('01', 1, 9002, '0100007F:C351'),
    peer('01', 2, 9003, '0200007F:C350'),
    peer('01', 3, 9004).replace('0100007F:032C', '0100007F:032D'),
  ];
  expect(owner(OUR_END, ...others)).toEqual({ unknown: 'the other end is not on this machine' });
  expect(owner(OUR_END, ...others, peer('01', 30_000, 9001))).toEqual({ uid: 30_000 });
});

test('two owners for one pair are none', () => {
  const twice = owner(OUR_END, peer('01', 30_000, 9001), peer('05', 30_001, 9002));
  expect(twice).toEqual({ unknown: 'the other end is ambiguous' });
});

test('a socket that the kernel lists twice, because the table changed meanwhile, is one', () => {
  const twice = owner(peer('01', 30_000, 9001), OUR_END, OUR_END, peer('08', 30_000, 9001));
  expect(twice).toEqual({ uid: 30_000 });
  const changed = owner(OUR_END, peer('01', 30_000, 9001), peer('01', 30_001, 9001));
  expect(changed).toEqual({ unknown: 'the other end is ambiguous' });
});

test('a client that reaches IPv4 by an IPv6 socket is in tcp6', () => {
  const mapped =
    '   0: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:032C 01 00000000:00000000 00:00000000 00000000 30000        0 9001 1 0000000000000000 20 4 30 10 -1';
  const texts = [table(OUR_END), `${HEAD}\n${mapped}\n`];
  expect(ownerOfPeer(texts, CONNECTION, 'LE')).toEqual({ uid: 30_000 });
  const written = { ...CONNECTION, peer: { address: '::ffff:127.0.0.1', port: 50_000 } };
  expect(ownerOfPeer(texts, written, 'LE')).toEqual({ uid: 30_000 });
});

test('IPv6 addresses of either byte order', () => {
  const row = (local: string, remote: string, inode: number) =>
    `   0: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000 30000        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;
  const connection: Connection = {
    peer: { address: '2001:db8::12', port: 50_000 },
    own: { address: '::1', port: 812 },
    ownInode: 8001n,
  };
  const texts = (one: string, other: string) => [
    '',
    [
      HEAD,
      row(`${one}:032C`, `${other}:C350`, 8001),
      row(`${other}:C350`, `${one}:032C`, 9001),
    ].join('\n'),
  ];
  const little = texts('00000000000000000000000001000000', 'B80D0120000000000000000012000000');
  const big = texts('00000000000000000000000000000001', '20010DB8000000000000000000000012');
  expect(ownerOfPeer(little, connection, 'LE')).toEqual({ uid: 30_000 });
  expect(ownerOfPeer(big, connection, 'BE')).toEqual({ uid: 30_000 });
});

test('text that is no such table names nobody', () => {
  for (const text of ['', '\n', ': 0100007F:032C 0100007F:C350 ', OUR_END.slice(0, 60)]) {
    expect(ownerOfPeer([text], CONNECTION, 'LE')).toHaveProperty('unknown');
  }
});
