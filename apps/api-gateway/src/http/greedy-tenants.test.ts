/** A tenant that wants all of it, on a gateway that is told who calls. */
import { hostUid } from '@nodemgr/records';
import { encodeCall } from '@nodemgr/xml-rpc';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EISENTEST, SIRIUS } from '../test-kit/pretended-node.ts';
import { post, RawClients } from '../test-kit/raw-client.ts';
import { ROOT, type RunningGateway, startGateway } from '../test-kit/running-gateway.ts';

const HELP = encodeCall('Help', []);
const CLOSE = 'Connection: close\r\n';

let running: RunningGateway;
const clients = new RawClients(() => running.tcp);
beforeEach(async () => {
  running = await startGateway({ max_connections: 50, request_seconds: 60 });
});
afterEach(async () => {
  clients.end();
  await running.stop();
});

const until = (condition: () => boolean) => expect.poll(condition, { timeout: 8000 }).toBe(true);

test('it takes its share of connections, silent or not, and keeps neither another nor root out', async () => {
  running.caller = { kind: 'sliver', uid: hostUid(30_000), name: SIRIUS };
  for (let opened = 0; opened < 200; opened += 1)
    clients.connect().send(opened % 2 === 0 ? '' : 'P');
  // A quarter of 50; the others have been closed.
  await until(() => clients.all.filter(({ closed }) => closed).length === 188);
  const refused = clients.all.filter(({ heard }) => heard.startsWith('HTTP/1.1 503 '));
  expect(refused.length).toBeGreaterThan(0);
  running.caller = { kind: 'sliver', uid: hostUid(30_001), name: EISENTEST };
  expect(await clients.heardFrom(post(HELP, CLOSE))).toContain('200 OK');
  running.caller = ROOT;
  expect(await clients.heardFrom(post(HELP, CLOSE))).toContain('200 OK');
});

test('it cannot ask, go and ask again without end: what it asked for keeps its place until it is done', async () => {
  const waiting: (() => void)[] = [];
  running.node.make = () => new Promise((resolve) => waiting.push(resolve));
  running.caller = { kind: 'sliver', uid: hostUid(30_000), name: SIRIUS };
  const stop = post(encodeCall('Stop', [SIRIUS]));
  for (let asked = 0; asked < 12; asked += 1) clients.connect().send(stop);
  await until(() => waiting.length === 12);
  for (const { socket } of clients.all) socket.resetAndDestroy();
  await expect.poll(async () => (await running.gateway.counts()).connections).toBe(0);
  expect(await clients.heardFrom(stop)).toMatch(/^HTTP\/1\.1 503 /);
  for (const release of waiting) release();
  await new Promise(setImmediate);
  expect(await clients.heardFrom(post(HELP, CLOSE))).toContain('200 OK');
});

test('one that sends a body of crumbs loses its other connections, and is kept away for a second', async () => {
  running.caller = { kind: 'sliver', uid: hostUid(30_000), name: SIRIUS };
  let now = 0;
  running.now = () => now;
  const idle = clients.connect();
  await expect.poll(async () => (await running.gateway.counts()).connections).toBe(1);
  const head = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n';
  expect(await clients.heardFrom(head + '1\r\nx\r\n'.repeat(5000))).toBe('');
  await until(() => idle.closed);
  expect(await clients.heardFrom(post(HELP, CLOSE))).toMatch(/^HTTP\/1\.1 503 /);
  running.caller = { kind: 'sliver', uid: hostUid(30_001), name: EISENTEST };
  expect(await clients.heardFrom(post(HELP, CLOSE))).toContain('200 OK');
  running.caller = { kind: 'sliver', uid: hostUid(30_000), name: SIRIUS };
  now = 1001;
  expect(await clients.heardFrom(post(HELP, CLOSE))).toContain('200 OK');
});

test('a body of one-byte chunks is cut off at once; one of small chunks is taken', async () => {
  const chunked = (chunk: string, times: number) =>
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${CLOSE}\r\n${`${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(times)}0\r\n\r\n`;
  expect(await clients.heardFrom(chunked('x', 10_000))).toBe('');
  expect(running.logged.at(-1)?.['msg']).toContain('far too small chunks');
  expect(await clients.heardFrom(chunked('x', 900))).toContain('200 OK');
  expect(await clients.heardFrom(chunked('x'.repeat(100), 3000))).toContain('200 OK');
});
