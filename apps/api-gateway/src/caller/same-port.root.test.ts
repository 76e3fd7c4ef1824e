/** Two users who take turns at one source port. Becoming another user needs root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tcpPeerOwnerOf } from '@nodemgr/native';
import { nodeAccountsFrom } from '@nodemgr/node-accounts';
import { needs } from '@nodemgr/testkit';
import { encodeCall } from '@nodemgr/xml-rpc';
import { expect, test } from 'vitest';
import { EISENTEST, SIRIUS } from '../test-kit/pretended-node.ts';
import { post } from '../test-kit/raw-client.ts';
import { startGateway } from '../test-kit/running-gateway.ts';
import { identifyBySocket } from './identify-caller.ts';

const UIDS = new Map([
  [SIRIUS, 30_000],
  [EISENTEST, 30_001],
]);
const ACCOUNTS = nodeAccountsFrom(
  [...UIDS].map(([name, uid]) => `${name}:x:${uid}:1::/:/shell`).join('\n'),
  '',
  { sliver: '/shell', delegate: '/proxy' },
);

/**
 * As the user of that number sends a request from the source port, over and over, and is gone: by a reset
 * or in good order, before the answer or after. Ends when it has done it that often, or in 30 s.
 */
const RACER = `
import os, random, socket, struct, sys, time
uid, port, local, times = map(int, sys.argv[1:5])
os.setgroups([]); os.setgid(uid); os.setuid(uid)
sent, end = 0, time.monotonic() + 30
while sent < times and time.monotonic() < end:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if random.random() < 0.8:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.settimeout(0.2)
    try:
        s.bind(('127.0.0.1', local))
        s.connect(('127.0.0.1', port))
        s.send(sys.argv[5].encode())
        sent += 1
        if random.random() < 0.5:
            s.recv(4096)
        time.sleep(random.choice((0, 0, 0.001)))
    except OSError:
        pass
    s.close()
`;
const ROUNDS = 400;
/** Below the ports that the kernel gives to connections by itself, or a stranger's may have it meanwhile. */
const SHARED_PORT = 20_000 + (process.pid % 12_000);

const { missing, note } = needs('root');

test.skipIf(missing)(
  `no call from a port that two users take from each other is ever the other one’s${note}`,
  async () => {
    const accounts = { current: async () => ACCOUNTS };
    const tcpOwners = { ownerOf: tcpPeerOwnerOf };
    const identify = identifyBySocket({ rootUids: [0], accounts, tcpOwners });
    const running = await startGateway({}, identify);
    const race = ([name, uid]: [string, number]): ChildProcess => {
      const values = [
        uid,
        running.tcp.port,
        SHARED_PORT,
        ROUNDS,
        post(encodeCall('GetRSpec', [name])),
      ];
      const args = ['-c', RACER, ...values.map(String)];
      return spawn('python3', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    };
    const racers = [...UIDS].map(race);
    await Promise.all(racers.map((racer) => once(racer, 'exit')));
    await expect.poll(async () => (await running.gateway.counts()).connections).toBe(0);
    const calls = running.logged.filter(({ msg }) => msg === 'call');
    const callers = new Set(calls.map(({ caller, target }) => `${caller} for ${target}`));
    callers.delete(`nobody for ${SIRIUS}`);
    callers.delete(`nobody for ${EISENTEST}`);
    expect([...callers].sort()).toEqual([
      `sliver ${EISENTEST} for ${EISENTEST}`,
      `sliver ${SIRIUS} for ${SIRIUS}`,
    ]);
    expect(calls.length).toBeGreaterThan(ROUNDS / 4);
    await running.stop();
  },
);
