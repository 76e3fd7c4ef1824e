/** Compressed answers over real connections; what a header means is accepted-encoding.ts's. */
import { gunzipSync } from 'node:zlib';
import { accountName, recordKeyOf } from '@nodemgr/records';
import { decodeResponse, encodeCall } from '@nodemgr/xml-rpc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aSliver, SIRIUS } from '../test-kit/pretended-node.ts';
import { post, RawClients } from '../test-kit/raw-client.ts';
import { type RunningGateway, startGateway } from '../test-kit/running-gateway.ts';

const HELP = encodeCall('Help', []);
const DUMP = encodeCall('DumpDatabase', []);

let running: RunningGateway;
const clients = new RawClients(() => running.tcp);
beforeAll(async () => {
  running = await startGateway();
  for (let number = 0; number < 500; number += 1) {
    const name = accountName(`site_${number}`);
    running.node.items.set(recordKeyOf('sliver', name), aSliver(name));
  }
});
afterAll(async () => {
  clients.end();
  await running.stop();
});

/** One answer: its head and the bytes of its body. */
async function answerTo(body: string, headers: string) {
  const made = clients.connect();
  const chunks: Buffer[] = [];
  made.socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  made.send(post(body, `${headers}Connection: close\r\n`));
  await expect.poll(() => made.closed).toBe(true);
  const bytes = Buffer.concat(chunks);
  const end = bytes.indexOf('\r\n\r\n');
  return { head: bytes.subarray(0, end).toString(), body: bytes.subarray(end + 4) };
}

const lengthIn = (head: string) => Number(/\r\nContent-Length: (\d+)/.exec(head)?.[1]);

test.each([
  ['Help', HELP, 'gzip, deflate', 'gzip'],
  ['Help again', HELP, 'x-gzip', 'x-gzip'],
  ['a long one', DUMP, '*', 'gzip'],
])('%s is compressed for a client that takes gzip', async (_, call, accepted, named) => {
  const plain = await answerTo(call, '');
  const { head, body } = await answerTo(call, `Accept-Encoding: ${accepted}\r\n`);
  expect(head).toContain(`\r\nContent-Encoding: ${named}\r\n`);
  expect(head).toContain('\r\nVary: Accept-Encoding\r\n');
  expect(lengthIn(head)).toBe(body.length);
  expect(body.length).toBeLessThan(plain.body.length / 2);
  expect(gunzipSync(body).equals(plain.body)).toBe(true);
});

test.each([
  ['whose client says nothing', HELP, ''],
  ['whose client takes none', HELP, 'Accept-Encoding: gzip;q=0, *;q=0\r\n'],
  ['of a few bytes', encodeCall('GetLoans', [SIRIUS]), 'Accept-Encoding: gzip\r\n'],
])('an answer %s is plain', async (_, call, accepted) => {
  const { head, body } = await answerTo(call, accepted);
  expect(head).not.toContain('Content-Encoding');
  expect(head).toContain('\r\nVary: Accept-Encoding\r\n');
  expect(decodeResponse(body)).toMatchObject({ kind: 'value' });
});

test('pipelined answers keep their order, compressed or not', async () => {
  const made = clients.connect();
  const accepts = 'Accept-Encoding: gzip\r\n';
  made.send(post(DUMP, accepts) + post(HELP) + post(DUMP, `${accepts}Connection: close\r\n`));
  await expect.poll(() => made.closed).toBe(true);
  const order = [...made.heard.matchAll(/Content-Encoding|Every method/g)].map(([found]) => found);
  expect(order).toEqual(['Content-Encoding', 'Every method', 'Content-Encoding']);
  expect(made.answers).toBe(3);
});
