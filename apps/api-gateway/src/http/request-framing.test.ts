/** Where a request begins and ends, and what of HTTP is refused with which status (RFC 9110, 9112). */
import { encodeCall } from '@nodemgr/xml-rpc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EISENTEST, SIRIUS } from '../test-kit/pretended-node.ts';
import { post, RawClients } from '../test-kit/raw-client.ts';
import { type RunningGateway, startGateway } from '../test-kit/running-gateway.ts';

const LIST = encodeCall('system.listMethods', []);
const CLOSE = 'Connection: close\r\n';
const OK = /^HTTP\/1\.1 200 OK\r\n/;
const CHUNKED = `POST /RPC2 HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n${CLOSE}`;

const chunk = (text: string, extension = '') =>
  `${text.length.toString(16)}${extension}\r\n${text}\r\n`;

let running: RunningGateway;
const clients = new RawClients(() => running.tcp);
beforeAll(async () => {
  running = await startGateway({ request_seconds: 10 });
});
afterAll(async () => {
  clients.end();
  await running.stop();
});

const statusesIn = (heard: string): number[] =>
  [...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

/** The status that a request is answered with, once its connection is closed. */
async function statusOf(request: string | Buffer): Promise<number> {
  const heard = await clients.heardFrom(request);
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(heard)?.[1]);
}

describe('a body in chunks', () => {
  test('may have extensions, which are ignored', async () => {
    const [first, second] = [LIST.slice(0, 20), LIST.slice(20)];
    const body = `${chunk(first, ';name=value')}${chunk(second, ';a;b="c;d"')}0;last\r\n\r\n`;
    expect(await clients.heardFrom(`${CHUNKED}\r\n${body}`)).toMatch(OK);
  });

  test('may have trailers, which change nothing', async () => {
    const trailers = 'Content-Encoding: gzip\r\nX-Trailer: 1\r\n';
    const request = `${CHUNKED}Trailer: X-Trailer\r\n\r\n${chunk(LIST)}0\r\n${trailers}\r\n`;
    expect(await clients.heardFrom(request)).toMatch(OK);
  });

  test.each([
    ['a size that is no number', `xyz\r\n${LIST}\r\n0\r\n\r\n`],
    ['a size that is negative', `-5\r\n${LIST}\r\n0\r\n\r\n`],
    ['a size over 64 bits', `fffffffffffffffff\r\n${LIST}\r\n0\r\n\r\n`],
    ['more than its size', `5\r\n${LIST}\r\n0\r\n\r\n`],
    ['a bare LF after its size', `${LIST.length.toString(16)}\n${LIST}\r\n0\r\n\r\n`],
    ['a space before its size', ` ${chunk(LIST)}0\r\n\r\n`],
  ])('is 400 with %s', async (_, body) => {
    expect(await statusOf(`${CHUNKED}\r\n${body}`)).toBe(400);
  });

  test('is 413 when the extensions are longer than any client needs', async () => {
    const body = `${chunk(LIST, `;${'x'.repeat(20_000)}`)}0\r\n\r\n`;
    expect(await statusOf(`${CHUNKED}\r\n${body}`)).toBe(413);
  });
});

describe('a request whose length could be read in two ways is 400, and nothing after it is', () => {
  const hidden = post(encodeCall('Stop', [SIRIUS]));
  const length = (value: number | string) => `Content-Length: ${value}\r\n`;
  const te = (value: string) => `Transfer-Encoding: ${value}\r\n`;

  test.each([
    ['Content-Length and Transfer-Encoding', `${length(4)}${te('chunked')}`],
    ['Transfer-Encoding and Content-Length', `${te('chunked')}${length(4)}`],
    ['two lengths', `${length(4)}${length(400)}`],
    ['two lengths in one field', length('4, 400')],
    ['twice the same length', `${length(4)}${length(4)}`],
    ['a length with a sign', length('+4')],
    ['a negative length', length('-4')],
    ['a length over 64 bits', length('99999999999999999999')],
    ['a length in hexadecimal', length('0x4')],
    ['chunked that is not the last coding', te('chunked, gzip')],
    ['a coding with a strange name', te('xchunked')],
    ['a space before the colon', `Content-Length : 4\r\n`],
    ['a folded field', `X: 1\r\n Content-Length: 4\r\n`],
    ['a bare CR in a field', `X: 1\rContent-Length: 4\r\n`],
    ['a NUL in a field', `X: 1\0\r\n${length(4)}`],
  ])('%s', async (_, fields) => {
    const request = `POST / HTTP/1.1\r\nHost: node\r\n${fields}\r\n0\r\n\r\n${hidden}`;
    expect(await statusOf(request)).toBe(400);
    expect(running.node.made).toEqual([]);
  });

  test('HTTP/1.0 with Transfer-Encoding', async () => {
    const head = `POST / HTTP/1.0\r\n${te('chunked')}Connection: keep-alive\r\n\r\n`;
    expect(await statusOf(`${head}0\r\n\r\n${hidden}`)).toBe(400);
    expect(running.node.made).toEqual([]);
  });
});

describe('what is asked for', () => {
  test.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'])(
    '%s is 405 with Allow',
    async (method) => {
      const heard = await clients.heardFrom(`${method} /RPC2 HTTP/1.1\r\nHost: node\r\n\r\n`);
      expect(heard).toMatch(/^HTTP\/1\.1 405 /);
      expect(heard).toContain('\r\nAllow: POST\r\n');
    },
  );

  test('HEAD is 405 too, without a body', async () => {
    const heard = await clients.heardFrom('HEAD / HTTP/1.1\r\nHost: node\r\n\r\n');
    expect(heard).toMatch(/^HTTP\/1\.1 405 (?:.+\r\n)+Allow: POST\r\n(?:.+\r\n)+\r\n$/);
  });

  test('CONNECT is 405 with Allow, after the answers to what was asked before', async () => {
    const connect = 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: node\r\n\r\n';
    const alone = await clients.heardFrom(connect);
    expect(alone).toMatch(/^HTTP\/1\.1 405 (?:.+\r\n)*Allow: POST\r\n/);
    expect(statusesIn(await clients.heardFrom(post(LIST) + connect + post(LIST)))).toEqual([
      200, 405,
    ]);
  });

  test('an upgrade is not made: the request is answered as it is, and is the last one', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: h2c\r\n';
    const heard = await clients.heardFrom(post(LIST, upgrade) + post(LIST));
    expect(heard).toMatch(OK);
    expect(heard).toContain('\r\nConnection: close\r\n');
    expect(heard.split('HTTP/1.1 ')).toHaveLength(2);
  });

  test.each(['/RPC2/', '/rpc2', '//', '/../RPC2', '/%52PC2', '*', 'http://node/other'])(
    'the target %s is 404',
    async (target) => {
      expect(await statusOf(post(LIST, CLOSE, target))).toBe(404);
    },
  );

  test.each(['http://node', 'HTTP://node:812/', 'https://[::1]:812/RPC2?x'])(
    'the whole URL %s is the API',
    async (target) => {
      expect(await clients.heardFrom(post(LIST, CLOSE, target))).toMatch(OK);
    },
  );

  test.each(['200-ok', '100-continue, x', 'x'])(
    'the expectation %s is 417',
    async (expectation) => {
      const request = post(LIST, `Expect: ${expectation}\r\n${CLOSE}`);
      expect(await statusOf(request)).toBe(417);
    },
  );
});

test('what cannot be expected is refused in its place, and nothing after it is looked at', async () => {
  const request = post('', 'Expect: x\r\n');
  const heard = await clients.heardFrom(post(LIST) + request.repeat(300));
  const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
  expect(statuses.length).toBeLessThan(3);
  expect(['200', '417']).toEqual(expect.arrayContaining(statuses));
});

describe('what is not HTTP/1', () => {
  test.each([
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a ClientHello of TLS', Buffer.from('16030100f8010000f40303'.padEnd(506, '0'), 'hex')],
    ['what ssh says', 'SSH-2.0-OpenSSH_10.0\r\n'],
    ['NULs', Buffer.alloc(500)],
  ])('%s is 400', async (_, bytes) => {
    expect(await statusOf(bytes)).toBe(400);
  });
});

test.each(['POST / HTTP/2.0\r\n\r\n', 'GET /\r\n\r\n', post(LIST, '', '/', '0.9')])(
  'a version of HTTP before 1.0 or after 1.1 is 505: %j',
  async (request) => {
    expect(await statusOf(request)).toBe(505);
  },
);

describe('a header that is too large', () => {
  const fields = (count: number) => 'X: y\r\n'.repeat(count);

  test('is 431 over 16 KiB', async () => {
    expect(await statusOf(post(LIST, `X: ${'y'.repeat(17 << 10)}\r\n${CLOSE}`))).toBe(431);
    expect(await statusOf(post(LIST, CLOSE, `/?${'y'.repeat(17 << 10)}`))).toBe(431);
    expect(await clients.heardFrom(post(LIST, `X: ${'y'.repeat(15 << 10)}\r\n${CLOSE}`))).toMatch(
      OK,
    );
  });

  test('is 431 over 100 fields: none is dropped unseen', async () => {
    // Host, Content-Length and Connection come beside these.
    expect(await clients.heardFrom(post(LIST, `${fields(97)}${CLOSE}`))).toMatch(OK);
    expect(await statusOf(post(LIST, `${fields(98)}${CLOSE}`))).toBe(431);
    expect(await statusOf(post(LIST, `${fields(1500)}Content-Encoding: gzip\r\n`))).toBe(431);
  });

  test('is 431 when its trailers are', async () => {
    const request = `${CHUNKED}\r\n${chunk(LIST)}0\r\nX: ${'y'.repeat(17 << 10)}\r\n\r\n`;
    expect(await statusOf(request)).toBe(431);
  });
});

describe('one connection', () => {
  test('takes one request after another, whole or in pieces of any size', async () => {
    const made = clients.connect();
    const requests = [SIRIUS, EISENTEST, SIRIUS].map((name) =>
      post(encodeCall('GetLoans', [name])),
    );
    for (const piece of requests.join('').match(/.{1,37}/gs) ?? []) {
      made.send(piece);
      await new Promise(setImmediate);
    }
    await expect.poll(() => made.answers).toBe(3);
    expect(made.closed).toBe(false);
  });

  test('answers pipelined requests in order, those that are refused in their place', async () => {
    const bad = post(LIST, '', '/nowhere');
    const heard = await clients.heardFrom(post(LIST) + post('not XML') + bad + post(LIST));
    const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    // What follows a refusal that closes the connection is not looked at.
    expect(statuses).toEqual(['200', '200', '404']);
    expect(heard.indexOf('GetRSpec')).toBeLessThan(heard.indexOf('-32700'));
  });

  test('on which a request was refused does nothing of what came after it', async () => {
    const stop = post(encodeCall('Stop', [SIRIUS]));
    const refused = [
      post(LIST, '', '/nowhere'),
      post(LIST, 'Content-Encoding: gzip\r\n'),
      post('x'.repeat(2 << 20)),
      post(LIST, CLOSE),
    ];
    for (const request of refused) {
      const heard = await clients.heardFrom(request + stop);
      expect(heard.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    }
    expect(running.node.made).toEqual([]);
  });

  test('empty lines before a request are passed over', async () => {
    expect(await clients.heardFrom(`\r\n\r\n${post(LIST, CLOSE)}`)).toMatch(OK);
  });
});

describe('what was asked before a connection is broken by its client', () => {
  const STOP = encodeCall('Stop', [SIRIUS]);
  const made = () => running.node.made.splice(0).length;

  test.each([
    ['a NUL', '\0'],
    ['a letter too many', '>'],
    ['a line of something else', 'no HTTP\r\n\r\n'],
    ['a MiB of NULs', Buffer.alloc(1 << 20).toString()],
  ])(
    'is carried out and answered, and the connection closed, with %s behind it',
    async (_, behind) => {
      const heard = await clients.heardFrom(post(STOP) + behind);
      expect(statusesIn(heard)).toEqual([200]);
      expect(heard).toContain('<int>1</int>');
      expect(heard).toContain('\r\nConnection: close\r\n');
      expect(made()).toBe(1);
    },
  );

  test('is answered with a Content-Length that is one short', async () => {
    const request = post(STOP.slice(0, -1)).replace('\r\n\r\n', '\r\n\r\n') + STOP.slice(-1);
    // The last '>' is missing, which is told; the call is not made.
    const heard = await clients.heardFrom(request);
    expect(statusesIn(heard)).toEqual([200]);
    expect(heard).toContain('-32700');
    expect(statusesIn(await clients.heardFrom(`${post(STOP)}\n>`))).toEqual([200]);
    expect(made()).toBe(1);
  });

  test.each([
    [
      'whose length could be read in two ways',
      'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd',
      400,
    ],
    ['whose length is no number', 'Content-Length: x\r\n\r\n', 400],
    ['whose header is too large', `X: ${'y'.repeat(17 << 10)}\r\n\r\n`, 431],
    ['whose chunks have no size', 'Transfer-Encoding: chunked\r\n\r\nxyz\r\n', 400],
  ])('is answered, and then a request %s has its status', async (_, rest, status) => {
    const broken = `POST / HTTP/1.1\r\nHost: node\r\n${rest}`;
    const heard = await clients.heardFrom(post(STOP).repeat(3) + broken + post(STOP));
    expect(statusesIn(heard)).toEqual([200, 200, 200, status]);
    expect(made()).toBe(3);
  });

  test('is answered when it takes its time, whatever comes behind it meanwhile', async () => {
    const { make } = running.node;
    let release: () => void = () => undefined;
    running.node.make = async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    try {
      for (const behind of ['no HTTP\r\n\r\n', 'POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n']) {
        release = () => undefined;
        const nothing = release;
        const client = clients.connect().send(post(STOP));
        await expect.poll(() => release).not.toBe(nothing);
        client.send(behind).send(behind);
        await expect.poll(() => client.socket.bytesWritten).toBeGreaterThan(post(STOP).length);
        expect(client.heard).toBe('');
        release();
        await expect.poll(() => client.closed).toBe(true);
        expect(statusesIn(client.heard)).toEqual(behind.startsWith('no') ? [200] : [200, 400]);
      }
    } finally {
      running.node.make = make;
    }
  });

  test('is answered up to a hundred requests ahead; the next is 503, and nothing after it is done', async () => {
    const heard = await clients.heardFrom(post(STOP).repeat(300));
    const statuses = statusesIn(heard);
    expect(statuses.pop()).toBe(503);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(statuses.length).toBeLessThanOrEqual(100);
    expect(made()).toBe(statuses.length);
  });

  test('a client that is still sending hears why its request is refused', async () => {
    const client = clients.connect();
    client.send('POST / HTTP/1.1\r\nHost: node\r\nContent-Length: x\r\n\r\n');
    for (let sent = 0; sent < 8; sent += 1) client.send(Buffer.alloc(1 << 20));
    client.socket.end();
    await expect.poll(() => client.closed).toBe(true);
    expect(statusesIn(client.heard)).toEqual([400]);
  });
});

test('a change under way when the gateway stops is answered: it is told that it may still be done', async () => {
  const stopped = await startGateway();
  stopped.node.make = () => new Promise(() => undefined);
  const client = clients.connect(stopped.tcp).send(post(encodeCall('Stop', [SIRIUS])));
  await expect.poll(async () => (await stopped.gateway.counts()).connections).toBe(1);
  await stopped.stop();
  await expect.poll(() => client.closed).toBe(true);
  expect(client.heard).toContain('111');
  expect(client.heard).toContain(
    'the gateway is being stopped; what was asked for may still be done',
  );
});

test('a request that has not come whole in time is 408, after the answer to the one before it', async () => {
  const hurried = await startGateway({ request_seconds: 1 });
  try {
    const { node } = hurried;
    let release: () => void = () => undefined;
    node.make = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const request = post(encodeCall('Stop', [SIRIUS]));
    const client = clients.connect(hurried.tcp).send(request + request.slice(0, -5));
    await expect.poll(() => client.socket.bytesWritten).toBeGreaterThan(request.length);
    const late = clients.connect(hurried.tcp).send(request.slice(0, -5));
    // Both are looked at together: the one that waits for nothing hears of it first.
    await expect.poll(() => late.closed).toBe(true);
    expect(statusesIn(late.heard)).toEqual([408]);
    expect(client.heard).toBe('');
    release();
    await expect.poll(() => client.closed).toBe(true);
    expect(statusesIn(client.heard)).toEqual([200, 408]);
  } finally {
    await hurried.stop();
  }
});
