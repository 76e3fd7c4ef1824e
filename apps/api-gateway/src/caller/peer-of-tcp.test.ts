import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TcpPeers } from './peer-of-tcp.ts';

let server: Server;
let ours: Socket;
let theirs: Socket;
beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
  ours = await accepted;
});
afterEach(async () => {
  ours.destroy();
  theirs.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('a reading that missed the socket is made once more, and no oftener', async () => {
  let readings = 0;
  const after = (missed: number) =>
    new TcpPeers(async () => {
      readings += 1;
      return readings <= missed ? [''] : [await readFile('/proc/net/tcp', 'latin1')];
    });
  expect(await after(1).ownerOf(ours)).toEqual({ uid: userInfo().uid });
  readings = 0;
  expect(await after(2).ownerOf(ours)).toHaveProperty('unknown');
  expect(readings).toBe(2);
});
