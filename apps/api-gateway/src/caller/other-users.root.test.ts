/** Callers that are other users of this machine. Becoming another user needs root. */
import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { tcpPeerOwnerOf } from '@nodemgr/native';
import { nodeAccountsFrom } from '@nodemgr/node-accounts';
import { skipUnless } from '@nodemgr/testkit';
import { decodeResponse, encodeCall } from '@nodemgr/xml-rpc';
import { afterEach, beforeEach, expect, type TestContext, test } from 'vitest';
import { EISENTEST, SIRIUS } from '../test-kit/pretended-node.ts';
import { post } from '../test-kit/raw-client.ts';
import { type RunningGateway, startGateway } from '../test-kit/running-gateway.ts';
import { identifyBySocket } from './identify-caller.ts';

const SLIVER_UID = 30_000;
const RANGE = 1_879_048_192;
const STRANGER_UID = 65_000;
const SHELLS = { sliver: '/shell', delegate: '/proxy' };
const ACCOUNTS = nodeAccountsFrom(
  `${SIRIUS}:x:${SLIVER_UID}:1::/:/shell\ndel_snoop:x:30001:1::/:/proxy`,
  `${SIRIUS}:${RANGE}:65536`,
  SHELLS,
);

/** Sends its second argument to its first (a path or a port), prints the answer. */
const TALK = `
const socket = require('node:net').connect(...JSON.parse(process.argv[1]));
socket.end(process.argv[2]).pipe(process.stdout);
socket.on('error', () => {});
`;
/** The same, but is gone as soon as the bytes are. */
const TALK_AND_DIE = `
const socket = require('node:net').connect(...JSON.parse(process.argv[1]));
socket.write(process.argv[2], () => process.kill(process.pid, 'SIGKILL'));
`;

const needsRoot = (context: TestContext) => skipUnless(context, 'root');

let running: RunningGateway;
beforeEach(async () => {
  const accounts = { current: async () => ACCOUNTS };
  running = await startGateway(
    {},
    identifyBySocket({ rootUids: [0], accounts, tcpOwners: { ownerOf: tcpPeerOwnerOf } }),
  );
  await chmod(dirname(running.path), 0o755);
});
afterEach(() => running.stop());

type Place = 'unix' | 'tcp';
const addressOf = (place: Place) =>
  JSON.stringify(place === 'unix' ? [running.path] : [running.tcp.port, running.tcp.host]);

async function talkAs(
  uid: number,
  place: Place,
  program: string,
  method: string,
  ...params: string[]
) {
  const request = post(encodeCall(method, params), 'Connection: close\r\n');
  const args = ['-e', program, addressOf(place), request];
  const child = promisify(execFile)(process.execPath, args, { uid, gid: uid, cwd: '/', env: {} });
  const { stdout } = await child.catch(() => ({ stdout: '' }));
  return stdout;
}

async function callAs(uid: number, place: Place, method: string, ...params: string[]) {
  const heard = await talkAs(uid, place, TALK, method, ...params);
  return decodeResponse(Buffer.from(heard.slice(heard.indexOf('\r\n\r\n') + 4)));
}

const ALLOWED = { kind: 'value' };
const DENIED = { kind: 'fault', code: 108 };

for (const place of ['unix', 'tcp'] as const) {
  test(`over ${place} a sliver is known by its account and by its id range`, async (context) => {
    needsRoot(context);
    for (const uid of [SLIVER_UID, RANGE, RANGE + 65_535]) {
      expect(await callAs(uid, place, 'GetLoans', SIRIUS)).toMatchObject(ALLOWED);
      expect(await callAs(uid, place, 'GetLoans', EISENTEST)).toMatchObject(DENIED);
      expect(await callAs(uid, place, 'DumpDatabase')).toMatchObject(DENIED);
    }
    expect(await callAs(RANGE + 65_536, place, 'GetLoans', SIRIUS)).toMatchObject(DENIED);
  });

  test(`over ${place} a delegate may what is delegated, a stranger nothing, root everything`, async (context) => {
    needsRoot(context);
    expect(await callAs(30_001, place, 'GetRSpec', SIRIUS)).toMatchObject(ALLOWED);
    expect(await callAs(30_001, place, 'GetLoans', SIRIUS)).toMatchObject(DENIED);
    expect(await callAs(STRANGER_UID, place, 'GetRSpec', SIRIUS)).toMatchObject(DENIED);
    expect(await callAs(STRANGER_UID, place, 'Help')).toMatchObject(ALLOWED);
    expect(await callAs(0, place, 'DumpDatabase')).toMatchObject(ALLOWED);
  });
}

test('a tenant who sends a request and is gone at once never becomes root', async (context) => {
  needsRoot(context);
  for (let round = 0; round < 15; round += 1) {
    await talkAs(STRANGER_UID, 'tcp', TALK_AND_DIE, 'Stop', SIRIUS);
  }
  await expect.poll(async () => (await running.gateway.counts()).connections).toBe(0);
  expect(running.node.made).toEqual([]);
  expect(running.logged.map(({ caller }) => caller)).not.toContain('root');
});
