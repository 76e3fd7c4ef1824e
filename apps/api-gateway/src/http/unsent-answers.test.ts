import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UnsentAnswers } from './unsent-answers.ts';

const MIB = 1 << 20;
/** More than the kernel holds for a client that does not read. */
const FAT = 'x'.repeat(16 * MIB);

let server: Server;
let responses: { readonly response: ServerResponse; readonly socket: Socket }[];
let clients: Socket[];
let dropped: number[];
beforeEach(async () => {
  responses = [];
  clients = [];
  dropped = [];
  server = createServer(({ socket }, response) => responses.push({ response, socket }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** A client that has asked and reads nothing, and the response that it waits for. */
async function asked() {
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1').on('error', () => undefined);
  client.write('GET / HTTP/1.1\r\nHost: node\r\n\r\n');
  clients.push(client);
  await expect.poll(() => responses.length).toBe(clients.length);
  const last = responses.at(-1);
  if (last === undefined) throw new Error('the request was not heard');
  return { client, ...last };
}

const unsentUpTo = (maxBytes: number) =>
  new UnsentAnswers({ maxBytes, dropped: (bytes) => dropped.push(bytes) });

test('an answer is sent when its client has read it, and not before', async () => {
  const { client, response, socket } = await asked();
  let sent = false;
  const sending = unsentUpTo(64 * MIB)
    .send(response, socket, FAT)
    .then(() => {
      sent = true;
    });
  await new Promise(setImmediate);
  expect([sent, socket.isPaused()]).toEqual([false, true]);
  client.resume();
  await sending;
  expect([sent, socket.isPaused()]).toEqual([true, false]);
});

test('when all that is unread is too much, who has not read for longest is closed', async () => {
  const unsent = unsentUpTo(40 * MIB);
  const [first, second, third] = [await asked(), await asked(), await asked()];
  const sending = [first, second, third].map(({ response, socket }) =>
    unsent.send(response, socket, FAT),
  );
  await sending[0];
  expect([first, second, third].map(({ socket }) => socket.destroyed)).toEqual([
    true,
    false,
    false,
  ]);
  expect(dropped).toEqual([FAT.length]);
  second.client.resume();
  third.client.resume();
  await Promise.all(sending);
});

test('an answer longer than what may be unread is sent when nothing else is in the way', async () => {
  const { client, response, socket } = await asked();
  const sending = unsentUpTo(MIB).send(response, socket, FAT);
  client.resume();
  await sending;
  expect([response.writableFinished, dropped]).toEqual([true, []]);
});

test('an answer to a client that is gone is over at once', async () => {
  const { client, response, socket } = await asked();
  client.destroy();
  await expect.poll(() => socket.destroyed).toBe(true);
  await unsentUpTo(MIB).send(response, socket, FAT);
  const later = await asked();
  const sending = unsentUpTo(64 * MIB).send(later.response, later.socket, FAT);
  later.client.destroy();
  await sending;
});
