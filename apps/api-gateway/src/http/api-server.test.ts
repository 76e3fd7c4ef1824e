import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeResponse, encodeCall } from '@nodemgr/xml-rpc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SIRIUS } from '../test-kit/pretended-node.ts';
import { type Address, post, RawClients } from '../test-kit/raw-client.ts';
import { type RunningGateway, startGateway } from '../test-kit/running-gateway.ts';

/** collectGarbage makes what is still held show, and nothing else. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

const HELP = encodeCall('Help', []);
const MIB = 1 << 20;

let running: RunningGateway;
const clients = new RawClients(() => running.tcp);
beforeEach(async () => {
  running = await startGateway({ request_seconds: 60, max_connections: 50 });
});
afterEach(async () => {
  clients.end();
  await running.stop();
});

const client = (address?: Address) => clients.connect(address);
const heardFrom = (request: string | Buffer, address?: Address) =>
  clients.heardFrom(request, address);
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 8000 }).toBe(true);

const CLOSE = 'Connection: close\r\n';

describe('HTTP', () => {
  test('a POST to / or /RPC2 is answered on the Unix socket and on TCP', async () => {
    for (const address of [running.tcp, { path: running.path }]) {
      for (const target of ['/', '/RPC2', '/RPC2?x=1', 'http://node:812/RPC2']) {
        const heard = await heardFrom(post(HELP, CLOSE, target), address);
        expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
        expect(heard).toContain('Content-Type: text/xml');
        expect(heard).toContain('GetEffectiveRSpec(sliver)');
      }
    }
  });

  test('another path is 404; another method 405 with Allow', async () => {
    expect(await heardFrom(post(HELP, '', '/other'))).toMatch(/^HTTP\/1\.1 404 /);
    const heard = await heardFrom('GET / HTTP/1.1\r\nHost: node\r\n\r\n');
    expect(heard).toMatch(/^HTTP\/1\.1 405 /);
    expect(heard).toContain('Allow: POST\r\n');
  });

  test('a compressed request is 415, and told what would be taken', async () => {
    const heard = await heardFrom(post(HELP, 'Content-Encoding: deflate\r\n'));
    expect(heard).toMatch(/^HTTP\/1\.1 415 /);
    expect(heard).toContain('Accept-Encoding: identity\r\n');
    const plain = post(HELP, 'Content-Encoding: identity\r\nConnection: close\r\n');
    expect(await heardFrom(plain)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('HTTP/1.0 is answered and closed, or kept open when it asks', async () => {
    expect(await heardFrom(post(HELP, '', '/', '1.0'))).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const kept = client().send(post(HELP, 'Connection: keep-alive\r\n', '/', '1.0'));
    await until(() => kept.heard.endsWith('</methodResponse>'));
    kept.send(post(HELP, '', '/', '1.0'));
    await until(() => kept.answers === 2 && kept.closed);
  });

  test('neither a Host nor a Content-Type header is insisted upon', async () => {
    const heard = await heardFrom(
      `POST / HTTP/1.1\r\nContent-Length: ${HELP.length}\r\n${CLOSE}\r\n${HELP}`,
    );
    expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('a chunked body, and one that waits for 100 Continue', async () => {
    const chunked = `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${CLOSE}\r\n${HELP.length.toString(16)}\r\n${HELP}\r\n0\r\n\r\n`;
    expect(await heardFrom(chunked)).toContain('200 OK');
    const patient = client().send(
      `POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: ${HELP.length}\r\n${CLOSE}\r\n`,
    );
    await until(() => patient.heard.startsWith('HTTP/1.1 100 Continue\r\n'));
    patient.send(HELP);
    await until(() => patient.heard.includes('200 OK') && patient.closed);
  });

  test('a client that ends its side after asking is answered', async () => {
    running.node.make = () => new Promise((resolve) => setImmediate(resolve));
    const asking = client().send(post(encodeCall('Stop', [SIRIUS])));
    asking.socket.end();
    await until(() => asking.closed);
    expect(asking.heard).toContain('<int>1</int>');
  });

  test('pipelined requests are answered one after the other, in order', async () => {
    let unfinished = 0;
    running.node.make = async () => {
      unfinished += 1;
      expect(unfinished).toBe(1);
      await new Promise(setImmediate);
      unfinished -= 1;
    };
    const stop = encodeCall('Stop', [SIRIUS]);
    const pipelined = client().send(post(stop).repeat(20) + post(HELP, CLOSE));
    await until(() => pipelined.closed);
    expect(pipelined.answers).toBe(21);
    expect(pipelined.heard.lastIndexOf('<int>1</int>')).toBeLessThan(
      pipelined.heard.indexOf('GetRSpec'),
    );
  });

  test('more connections than allowed are refused, and room is made when one goes', async () => {
    const open = Array.from({ length: 50 }, () => client());
    await expect.poll(async () => (await running.gateway.counts()).connections).toBe(50);
    expect(await heardFrom('')).toMatch(/^HTTP\/1\.1 503 /);
    expect(await heardFrom(post(HELP), { path: running.path })).toMatch(/^(HTTP\/1\.1 503 |$)/);
    for (const { socket } of open) socket.destroy();
    await expect.poll(async () => (await running.gateway.counts()).connections).toBe(0);
    expect(await heardFrom(post(HELP, CLOSE))).toContain('200 OK');
  });
});

describe('what is not XML-RPC', () => {
  const nested = '<array><data><value>'.repeat(20) + '</value></data></array>'.repeat(20);
  const call = (value: string) =>
    `<methodCall><methodName>Help</methodName><params><param><value>${value}</value></param></params></methodCall>`;

  test.each([
    ['nothing', ''],
    ['garbage', '\0\x01garbage'],
    ['HTML', '<html><body>hello</body></html>'],
    [
      'an entity bomb',
      `<!DOCTYPE b [<!ENTITY a "${'a'.repeat(1000)}">]>${call('&a;'.repeat(1000))}`,
    ],
    ['20 levels of arrays', call(nested)],
    ['a cut-off call', HELP.slice(0, -20)],
    ['a number that is none', call('<int>one</int>')],
  ])('%s is fault -32700 in a well-formed answer', async (_, body) => {
    const heard = await heardFrom(post(body, CLOSE));
    const answer = decodeResponse(Buffer.from(heard.slice(heard.indexOf('\r\n\r\n') + 4)));
    expect(answer).toMatchObject({ kind: 'fault', code: -32700 });
    expect(running.logged.at(-1)).toMatchObject({ fault: -32700 });
  });

  test.each([
    'garbage\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01',
    'POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n',
  ])('%j is not even HTTP: 400, and the connection is closed', async (bytes) => {
    expect(await heardFrom(bytes)).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test('headers without end are 431', async () => {
    const heard = await heardFrom(`POST / HTTP/1.1\r\n${`X: ${'y'.repeat(1000)}\r\n`.repeat(40)}`);
    expect(heard).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('a body that is too large', () => {
  const FAULT = 'the request is longer than 1048576 bytes';

  test('is 413 with a fault, which the client hears although it was still sending', async () => {
    const heard = await heardFrom(post('x'.repeat(2 * MIB)));
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard).toContain(FAULT);
  });

  test('is refused before it is sent when its length is announced', async () => {
    const asking = client().send(
      `POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: ${2 * MIB}\r\n\r\n`,
    );
    await until(() => asking.heard.includes(FAULT));
    expect(asking.heard).not.toContain('100 Continue');
  });

  test('is refused when it comes in chunks without a length', async () => {
    const chunk = `${(MIB / 2).toString(16)}\r\n${'x'.repeat(MIB / 2)}\r\n`;
    const heard = await heardFrom(
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}0\r\n\r\n`,
    );
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard).toContain(FAULT);
  });

  test('and one that never ends is cut off', async () => {
    const endless = client().send('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = Buffer.from(`${MIB.toString(16)}\r\n${'x'.repeat(MIB)}\r\n`);
    const pour = (error?: Error | null) => {
      if (!error) endless.socket.write(chunk, pour);
    };
    pour();
    await until(() => endless.closed);
  });
});

describe('slow and absent clients', () => {
  beforeEach(async () => {
    await running.stop();
    running = await startGateway({ request_seconds: 0.3, max_connections: 50 });
  });

  test('a request that takes too long to arrive is ended, however it dribbles', async () => {
    const slow = client().send('POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n');
    const dribble = setInterval(() => slow.socket.write('x'), 20);
    const slowHeaders = client();
    const dribbleHeaders = setInterval(() => slowHeaders.socket.write('X'), 20);
    await until(() => slow.closed && slowHeaders.closed);
    clearInterval(dribble);
    clearInterval(dribbleHeaders);
    expect(slow.heard).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('a connection that says nothing is ended too', async () => {
    expect(await heardFrom('')).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  test('a client that leaves in the middle of anything harms nobody', async () => {
    const request = post(HELP);
    for (let length = 0; length <= request.length; length += 40) {
      client().send(request.slice(0, length)).socket.end();
      client().send(request.slice(0, length)).socket.destroy();
    }
    await expect.poll(async () => (await running.gateway.counts()).connections).toBe(0);
    expect(await running.call('system.listMethods')).toMatchObject({ kind: 'value' });
    expect(running.logged.filter(({ msg }) => msg !== 'call')).toEqual([]);
  });

  test('stopping answers what is under way and ends what is idle', async () => {
    const waiting: (() => void)[] = [];
    running.node.make = () => new Promise((resolve) => waiting.push(resolve));
    const idle = client();
    const busy = client().send(post(encodeCall('Stop', [SIRIUS])));
    await until(() => waiting.length === 1);
    const closed = running.gateway.close();
    for (const release of waiting) release();
    await closed;
    await until(() => busy.closed && idle.closed);
    expect(busy.heard).toContain('200 OK');
  });
});

test('memory stays flat over thousands of bad requests', async () => {
  const bad = [
    post('<!DOCTYPE x>', CLOSE),
    post('<methodCall><methodName>', CLOSE),
    post(`<methodCall><methodName>${'n'.repeat(50_000)}</methodName></methodCall>`, CLOSE),
    'garbage\r\n\r\n',
    `POST / HTTP/1.1\r\nContent-Length: ${2 * MIB}\r\n\r\n`,
  ];
  const round = async () => {
    for (let batch = 0; batch < 20; batch += 1) {
      const sent = Array.from({ length: 40 }, (_, at) => client().send(bad[at % bad.length] ?? ''));
      for (const { socket } of sent) socket.end();
      await until(() => sent.every(({ closed }) => closed));
    }
    clients.end();
    running.logged.length = 0;
    collectGarbage();
    return process.memoryUsage().heapUsed / MIB;
  };
  await round();
  const before = await round();
  await round();
  expect((await round()) - before).toBeLessThan(5);
}, 60_000);
