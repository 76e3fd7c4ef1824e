import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { tcpPeerOwnerOf } from '@nodemgr/native';
import { type NodeAccounts, nodeAccountsFrom } from '@nodemgr/node-accounts';
import { hostUid } from '@nodemgr/records';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callerOf } from './caller.ts';
import { identifyBySocket } from './identify-caller.ts';

const { uid } = userInfo();
const SHELLS = { sliver: '/shell', delegate: '/proxy' };
const SLIVER_UID = 30_000;
const ACCOUNTS = nodeAccountsFrom(
  `a_one:x:${SLIVER_UID}:1::/:/shell\ndel_snoop:x:30001:1::/:/proxy`,
  'a_one:1879048192:65536',
  SHELLS,
);

const reader = (accounts: NodeAccounts) => ({ current: async () => accounts });

let servers: Server[];
let folder: string;
beforeEach(() => {
  servers = [];
  folder = mkdtempSync(join(tmpdir(), 'identify-'));
});
afterEach(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

/** accepted returns both ends of a new connection. */
async function accepted(
  listenAt: object,
  connectTo?: string,
): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(listenAt, resolve));
  const ours = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const address = server.address();
  const theirs =
    typeof address === 'string' || address === null
      ? connect(address ?? '')
      : connect(address.port, connectTo ?? address.address);
  theirs.on('error', () => undefined);
  return { ours: await ours, theirs };
}

const whoIsAt = (socket: Socket, rootUids: readonly number[]) =>
  identifyBySocket({
    rootUids,
    accounts: reader(ACCOUNTS),
    tcpOwners: { ownerOf: tcpPeerOwnerOf },
  })(socket, socket.localFamily === undefined ? 'unix' : 'tcp');

test.each([
  ['a Unix socket', () => ({ path: join(folder, 'a.sock') })],
  ['TCP over IPv4', () => ({ host: '127.0.0.1', port: 0 })],
])('by %s: the user id that the kernel names', async (_, at) => {
  const { ours, theirs } = await accepted(at());
  expect(await whoIsAt(ours, [uid])).toEqual({ kind: 'root', uid });
  expect(await whoIsAt(ours, [uid + 1])).toEqual({
    kind: 'nobody',
    uid,
    why: 'it is no account of ours',
  });
  theirs.destroy();
  ours.destroy();
});

test.each(['127.0.0.1', '::1'])('on a socket for both families (::), from %s too', async (from) => {
  const { ours, theirs } = await accepted({ host: '::', port: 0 }, from);
  expect(ours.remoteAddress).toBe(from === '::1' ? '::1' : `::ffff:${from}`);
  expect(await whoIsAt(ours, [uid])).toEqual({ kind: 'root', uid });
  theirs.destroy();
  ours.destroy();
});

test('on a socket for IPv6 alone (::1)', async () => {
  const { ours, theirs } = await accepted({ host: '::1', port: 0, ipv6Only: true });
  expect(await whoIsAt(ours, [uid])).toEqual({ kind: 'root', uid });
  theirs.destroy();
  ours.destroy();
});

test('with a thousand other connections open', async () => {
  let open = 0;
  const server = createServer(() => {
    open += 1;
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const others = Array.from({ length: 1000 }, () => connect(port, '127.0.0.1'));
  await expect.poll(() => open, { timeout: 10_000 }).toBe(others.length);
  const { ours, theirs } = await accepted({ host: '127.0.0.1', port: 0 });
  expect(await whoIsAt(ours, [uid])).toEqual({ kind: 'root', uid });
  for (const socket of [...others, ours, theirs]) socket.destroy();
});

test('who sends a request and closes at once is nobody, not the root that the kernel shows', async () => {
  const { ours, theirs } = await accepted({ host: '127.0.0.1', port: 0 });
  theirs.end('POST / HTTP/1.1\r\n');
  await new Promise((resolve) => theirs.once('finish', resolve));
  theirs.destroy();
  await new Promise((resolve) => ours.once('readable', resolve));
  const caller = await whoIsAt(ours, [0, uid]);
  expect(caller.kind).toBe('nobody');
  ours.destroy();
});

test('who only ends its sending side is still known', async () => {
  const server = { host: '127.0.0.1', port: 0 };
  const { ours, theirs } = await accepted(server);
  theirs.end('x');
  await new Promise((resolve) => theirs.once('finish', resolve));
  expect(await whoIsAt(ours, [uid])).toEqual({ kind: 'root', uid });
  theirs.destroy();
  ours.destroy();
});

test('a connection that was reset is nobody, even with its request still unread', async () => {
  const { ours, theirs } = await accepted({ host: '127.0.0.1', port: 0 });
  ours.on('error', () => undefined).pause();
  theirs.write('POST / HTTP/1.1\r\n');
  await new Promise((resolve) => theirs.write('x', resolve));
  expect((await whoIsAt(ours, [uid])).kind).toBe('root');
  theirs.resetAndDestroy();
  await expect.poll(async () => (await whoIsAt(ours, [0, uid])).kind).toBe('nobody');
  ours.destroy();
});

test('one that was reset before it was ever asked about is nobody too, without an error', async () => {
  const { ours, theirs } = await accepted({ host: '127.0.0.1', port: 0 });
  ours.on('error', () => undefined).pause();
  theirs.resetAndDestroy();
  await new Promise((resolve) => theirs.once('close', resolve));
  expect((await whoIsAt(ours, [0, uid])).kind).toBe('nobody');
  ours.destroy();
});

test('a user id is root, a sliver by its account or id range, a delegate, or nobody', () => {
  const who = (id: number) => callerOf(hostUid(id), [0, 990], ACCOUNTS);
  expect(who(990)).toEqual({ kind: 'root', uid: 990 });
  expect(who(SLIVER_UID)).toEqual({ kind: 'sliver', uid: SLIVER_UID, name: 'a_one' });
  expect(who(1_879_048_192 + 33)).toMatchObject({ kind: 'sliver', name: 'a_one' });
  expect(who(30_001)).toMatchObject({ kind: 'delegate', name: 'del_snoop' });
  expect(who(65_534)).toMatchObject({ kind: 'nobody', uid: 65_534 });
});
