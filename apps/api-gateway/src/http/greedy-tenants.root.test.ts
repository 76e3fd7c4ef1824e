/** Tenants that take all they can get, as real users over both sockets. Becoming one needs root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { tcpPeerOwnerOf } from '@nodemgr/native';
import { nodeAccountsFrom } from '@nodemgr/node-accounts';
import { encodeCall } from '@nodemgr/xml-rpc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identifyBySocket } from '../caller/identify-caller.ts';
import { EISENTEST, SIRIUS } from '../test-kit/pretended-node.ts';
import { post } from '../test-kit/raw-client.ts';
import { type RunningGateway, startGateway } from '../test-kit/running-gateway.ts';

const RANGE = 1_879_048_192;
const VICTIM_UID = 30_001;
const ACCOUNTS = nodeAccountsFrom(
  `${SIRIUS}:x:30000:1::/:/shell\n${EISENTEST}:x:${VICTIM_UID}:1::/:/shell`,
  `${SIRIUS}:${RANGE}:65536`,
  { sliver: '/shell', delegate: '/proxy' },
);
const PLACES = 200;

/**
 * Keeps 400 connections to the place (its first argument) busy with the text (its second), a new one for
 * each that is closed, and says so once all have been tried.
 */
const GREEDY = `
const [at, text] = [JSON.parse(process.argv[1]), process.argv[2].replaceAll('|', '\\r\\n')];
let tried = 0;
const open = () => {
  const socket = require('node:net').connect(...at);
  const note = () => { if (++tried === 400) console.log('tried'); };
  socket.on('connect', () => { socket.write(text); note(); }).on('error', () => {}).resume();
  socket.on('close', () => setTimeout(open, 5));
};
for (let at = 0; at < 400; at += 1) open();
`;
/**
 * Sends its second argument to its first, prints how the answer begins. Where the kernel's queue is full
 * it asks again: most clients wait in connect(2), which Node.js does not.
 */
const POLITE = `
const ask = () => {
  const socket = require('node:net').connect(...JSON.parse(process.argv[1]));
  socket.on('connect', () => socket.write(process.argv[2]));
  socket.on('data', (data) => process.stdout.write(data));
  socket.on('error', ({ code }) => code === 'EAGAIN' && setTimeout(ask, 10));
};
ask();
`;

let running: RunningGateway;
let children: ChildProcess[];
beforeEach(async () => {
  children = [];
  const accounts = { current: async () => ACCOUNTS };
  const tcpOwners = { ownerOf: tcpPeerOwnerOf };
  const identify = identifyBySocket({ rootUids: [0], accounts, tcpOwners });
  running = await startGateway({ max_connections: PLACES }, identify);
  await chmod(dirname(running.path), 0o755);
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await running.stop();
});

type Place = 'unix' | 'tcp';
const addressOf = (place: Place) =>
  JSON.stringify(place === 'unix' ? [running.path] : [running.tcp.port, running.tcp.host]);

/** What a program of that user prints. */
async function printed(uid: number, program: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['-e', program, ...args], {
    ...{ uid, gid: uid, cwd: '/', env: {} },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let text = '';
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString();
  });
  await Promise.race([once(child, 'exit'), once(child.stdout, 'data')]);
  return text;
}

const LONG = `<methodCall><methodName>Help</methodName><params>${'<param><value/></param>'.repeat(5000)}</params></methodCall>`;
const DOINGS = [
  ['says nothing', ''],
  ['asks half a question', 'POST / HTTP/1.1|Content-Length: 100||<'],
  ['asks without end', 'POST / HTTP/1.1||'.repeat(500)],
  ['asks at great length', `POST / HTTP/1.1|Content-Length: ${LONG.length}||${LONG}`],
  ['asks in crumbs', `POST / HTTP/1.1|Transfer-Encoding: chunked||${'1|x|'.repeat(5000)}`],
] as const;

describe.skipIf(process.getuid?.() !== 0)('a tenant with many user ids (needs root)', () => {
  const cases = (['unix', 'tcp'] as const).flatMap((place) =>
    DOINGS.map(([doing, text]) => [doing, place, text] as const),
  );

  test.each(cases)(
    'that %s on every connection that %s gives it keeps nobody out',
    async (...given) => {
      const [, place, text] = given;
      const uids = [30_000, RANGE, RANGE + 65_535];
      await Promise.all(uids.map((uid) => printed(uid, GREEDY, addressOf(place), text)));
      const question = post(encodeCall('GetLoans', [EISENTEST]));
      for (const uid of [VICTIM_UID, 0]) {
        for (const way of ['unix', 'tcp'] as const) {
          expect(await printed(uid, POLITE, addressOf(way), question)).toMatch(
            /^HTTP\/1\.1 200 OK/,
          );
        }
      }
      const connections = async () => (await running.gateway.counts()).connections;
      await expect.poll(connections).toBeLessThan(PLACES);
    },
  );
});
