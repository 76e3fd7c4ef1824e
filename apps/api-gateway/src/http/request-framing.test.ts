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

  test('CONNECT is no way through', async () => {
    const heard = await clients.heardFrom('CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: node\r\n\r\n');
    expect(heard).not.toMatch(/^HTTP\/1\.1 2/);
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

  test('does not say 400 in the place of an earlier answer', async () => {
    let release: () => void = () => undefined;
    running.node.make = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const made = clients.connect().send(post(encodeCall('Stop', [SIRIUS])));
    await expect.poll(() => made.socket.bytesWritten).toBeGreaterThan(0);
    made.send('no HTTP\r\n\r\n');
    await expect.poll(() => made.closed).toBe(true);
    release();
    expect(made.heard).toBe('');
  });

  test('empty lines before a request are passed over', async () => {
    expect(await clients.heardFrom(`\r\n\r\n${post(LIST, CLOSE)}`)).toMatch(OK);
  });
});
