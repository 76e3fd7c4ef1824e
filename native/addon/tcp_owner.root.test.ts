import { once } from 'node:events';
import { needs } from '@nodemgr/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadAddon, startPartner } from './addon-under-test.ts';
import {
  accepted,
  descriptorOf,
  listen,
  owners,
  portOf,
  startClient,
  tell,
} from './tcp-connections-under-test.ts';

const { tcpPeerOwner } = loadAddon();
const [ALICE, BOB] = [500_007, 500_008];
/** Below the ports that the kernel gives to connections by itself, or a stranger's may have it meanwhile. */
const SHARED_PORT = 20_000 + (process.pid % 12_000);

/*
 * As the user of that number connects to the port from the local port, over and over, tells the
 * server its number and is gone, every tenth time not before the server has looked; says so when it has done
 * it that often, or in 15 s, how often.
 */
const RACER = `
import os, random, socket, struct, sys, time
uid, port, local, times = map(int, sys.argv[1:])
os.setgid(uid)
os.setuid(uid)
connected, end = 0, time.monotonic() + 15
while connected < times and time.monotonic() < end:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.settimeout(0.2)
    try:
        s.bind(('127.0.0.1', local))
        s.connect(('127.0.0.1', port))
        s.send(str(uid).encode())
        connected += 1
        if connected % 10 == 1:
            s.settimeout(5)
            s.recv(1)
        time.sleep(random.choice((0, 0, 0.001, 0.003)))
    except OSError:
        pass
    s.close()
print(connected)
`;

const { missing, note } = needs('root');

describe.skipIf(missing)(`the owners of TCP sockets${note}`, () => {
  it.each([
    ['IPv4', '127.0.0.1', { host: '127.0.0.1', family: 'AF_INET' }],
    ['IPv6', '::1', { host: '::1', family: 'AF_INET6' }],
    [
      'mapped addresses, an IPv6 client',
      '127.0.0.1',
      { host: '::ffff:127.0.0.1', family: 'AF_INET6' },
    ],
    ['mapped addresses, an IPv6 server', '::', { host: '127.0.0.1', family: 'AF_INET' }],
    ['MPTCP', '127.0.0.1', { protocol: 262 }],
    ['a socket bound to lo', '127.0.0.1', { device: 'lo' }],
  ] as const)('two users are told apart: %s', async (_how, at, how) => {
    const server = await listen(at);
    for (const uid of [ALICE, BOB]) {
      const accepting = accepted(server);
      startClient(portOf(server), { ...how, uid });
      expect(owners(await accepting)).toEqual([uid, uid]);
    }
  });

  it.each(['close', 'reset'] as const)('a peer that is gone by %s is not root', async (how) => {
    const server = await listen('127.0.0.1');
    const alice = startClient(portOf(server), { uid: ALICE });
    const connection = await accepted(server);
    await alice.line();
    await tell(alice, how);
    expect(owners(connection)).toEqual([undefined, undefined]);
  });

  it('a peer of MPTCP that has closed is not root', async () => {
    const server = await listen('127.0.0.1');
    const alice = startClient(portOf(server), { uid: ALICE, protocol: 262 });
    const connection = await accepted(server);
    await alice.line();
    await tell(alice, 'close');
    const later = tcpPeerOwner?.(descriptorOf(connection.socket));
    expect([undefined, ALICE]).toContain(later);
  });

  it('the port of a peer that has gone is the next one’s, and the old connection is nobody’s', async () => {
    const server = await listen('127.0.0.1');
    const alice = startClient(portOf(server), { uid: ALICE, localPort: SHARED_PORT });
    const old = await accepted(server);
    await alice.line();
    await tell(alice, 'reset');
    const accepting = accepted(server);
    const bob = startClient(portOf(server), { uid: BOB, localPort: SHARED_PORT });
    await bob.line();
    const next = await accepting;
    expect(next.peer).toEqual(old.peer);
    expect(owners(next)).toEqual([BOB, BOB]);
    expect(tcpPeerOwner?.(descriptorOf(old.socket))).toBeUndefined();
  });

  it('of two users who race for one port none is ever taken for the other', async () => {
    const server = await listen('127.0.0.1');
    const seen: { claimed: Promise<string>; owner: unknown }[] = [];
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      // What it says of itself, and whose it was then: later it may be the other's turn already.
      const claimed = new Promise<string>((resolve) => {
        socket.once('data', (text) => resolve(String(text)));
        socket.once('close', () => resolve(''));
      });
      const owner = tcpPeerOwner?.(descriptorOf(socket));
      seen.push({ claimed, owner });
      socket.write('.');
      socket.resume();
      socket.once('end', () => socket.end());
    });
    const racers = [ALICE, BOB].map((uid) =>
      startPartner('python3', ['-c', RACER, uid, portOf(server), SHARED_PORT, 300].map(String)),
    );
    const connected = await Promise.all(racers.map(async ({ line }) => Number(await line())));
    await Promise.all(
      racers.map(async ({ child }) => child.exitCode ?? (await once(child, 'exit'))),
    );
    let told = 0;
    for (const { claimed, owner } of seen) {
      expect([undefined, ALICE, BOB]).toContain(owner);
      const claim = await claimed;
      if (claim === '' || owner === undefined) continue;
      expect(String(owner)).toBe(claim);
      told++;
    }
    expect(Math.min(...connected)).toBeGreaterThan(0);
    expect(told).toBeGreaterThan(0);
  });
});
