import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { slicesXml } from './builders.test-support.ts';
import { makeAuthority } from './certificates.test-support.ts';
import { type Answer, type FakePlc, startFakePlc } from './fake-plc.test-support.ts';
import { fetchHttps } from './fetch-https.ts';
import { withDeadline } from './with-deadline.ts';

const DOCUMENT = slicesXml('princeton_sirius');
const LATER = new AbortController().signal;
let folder: string;
let plc: FakePlc;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetch-https-'));
  plc = await startFakePlc(folder);
});
afterEach(async () => {
  await plc.close();
  await rm(folder, { recursive: true });
});

const source = (changes = {}) => ({
  url: plc.url,
  caFile: plc.caFile,
  maxBytes: 1 << 20,
  ...changes,
});
const fetch = (answer: Answer, changes = {}, validators = {}) => {
  plc.answer = answer;
  return withDeadline(fetchHttps(source(changes)), 10)(validators, LATER);
};
const failed = (reason: RegExp) => ({ kind: 'failed', reason: expect.stringMatching(reason) });
/** PLC itself said so. */
const refused = (reason: RegExp) => ({ ...failed(reason), refused: true });

describe('a document', () => {
  test('comes with its validators, and they are sent with the next request', async () => {
    const last = 'Wed, 14 Nov 2023 22:13:20 GMT';
    const answer: Answer = (_request, response) =>
      response.writeHead(200, { etag: '"1"', 'last-modified': last }).end(DOCUMENT);
    const validators = { etag: '"1"', last_modified: last };
    expect(await fetch(answer)).toEqual({ kind: 'document', bytes: DOCUMENT, validators });
    await fetch(answer, {}, validators);
    expect(plc.requests).toMatchObject([
      { 'accept-encoding': 'br, gzip' },
      { 'if-none-match': '"1"', 'if-modified-since': last },
    ]);
    expect(plc.requests[0]).not.toHaveProperty('if-none-match');
  });

  test.each([
    ['gzip', gzipSync(DOCUMENT)],
    ['br', brotliCompressSync(DOCUMENT)],
    ['identity', DOCUMENT],
  ])('may come as %s', async (encoding, body) => {
    const answer: Answer = (_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(body);
    expect(await fetch(answer)).toMatchObject({ kind: 'document', bytes: DOCUMENT });
  });

  test('304 says that it has not changed, if that was asked', async () => {
    const answer: Answer = (_request, response) => response.writeHead(304).end();
    expect(await fetch(answer, {}, { etag: '"1"' })).toEqual({ kind: 'unchanged' });
    expect(await fetch(answer)).toEqual(refused(/304/));
  });
});

describe('a failure', () => {
  test('an authority that is not the configured one is not believed', async () => {
    const caFile = join(folder, 'other.pem');
    await writeFile(caFile, (await makeAuthority('Another PLC')).ca);
    const answer: Answer = (_request, response) => response.end(DOCUMENT);
    expect(await fetch(answer, { caFile })).toEqual(failed(/certificate/i));
    expect(plc.requests).toEqual([]);
  });

  test('a CA file that cannot be read is named', async () => {
    const answer: Answer = (_request, response) => response.end(DOCUMENT);
    expect(await fetch(answer, { caFile: join(folder, 'none') })).toEqual(failed(/ENOENT.*none/));
  });

  test.each([
    [
      'a small body that unpacks to more than the bound',
      gzipSync(Buffer.alloc(8 << 20)),
      'gzip',
      /1048576 bytes when unpacked/,
    ],
    ['a body of more than the bound', Buffer.alloc(2 << 20), 'identity', /more than 1048576 bytes/],
    ['a body that does not unpack', Buffer.from('no gzip'), 'gzip', /header/],
    [
      'a compressed body that was cut short',
      gzipSync(DOCUMENT).subarray(0, 40),
      'gzip',
      /unexpected end/,
    ],
    ['an encoding that was not asked for', DOCUMENT, 'deflate', /not asked for: deflate/],
  ])('%s', async (_what, body, encoding, reason) => {
    const answer: Answer = (_request, response) => {
      // In pieces and without a length, so that nothing but the bound ends it.
      response.writeHead(200, { 'content-encoding': encoding });
      for (let at = 0; at < body.length; at += 65_536)
        response.write(body.subarray(at, at + 65_536));
      response.end();
    };
    expect(await fetch(answer)).toEqual(failed(reason));
  });

  test('a length beyond the bound is not even read', async () => {
    const answer: Answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 2 << 20 }).flushHeaders();
    };
    expect(await fetch(answer)).toEqual(failed(/more than 1048576 bytes/));
  });

  test('a body shorter than its length', async () => {
    const answer: Answer = (_request, response) => {
      response.writeHead(200, { 'content-length': DOCUMENT.length });
      response.write(DOCUMENT.subarray(0, 20), () => response.destroy());
    };
    expect(await fetch(answer)).toEqual(failed(/aborted|premature|hang up/i));
  });

  test('a server that is slower than the deadline, at whatever point', async () => {
    plc.answer = (_request, response) => {
      response.writeHead(200).write(DOCUMENT.subarray(0, 20));
    };
    const slow = withDeadline(fetchHttps(source()), 0.2);
    expect(await slow({}, LATER)).toEqual(failed(/no complete answer in 0.2 seconds/));
    plc.answer = () => {};
    expect(await slow({}, LATER)).toEqual(failed(/no complete answer in 0.2 seconds/));
  });

  test('ends at once when the daemon is told to stop', async () => {
    const stop = new AbortController();
    plc.answer = () => stop.abort();
    const fetched = withDeadline(fetchHttps(source()), 60)({}, stop.signal);
    expect(await fetched).toEqual({ kind: 'failed', reason: 'told to stop' });
  });

  test('503 tells its Retry-After', async () => {
    const answer: Answer = (_request, response) =>
      response.writeHead(503, { 'retry-after': '120' }).end('busy');
    expect(await fetch(answer)).toEqual({
      kind: 'failed',
      refused: true,
      reason: 'PLC answers 503 Service Unavailable',
      retryAfterSeconds: 120,
    });
  });

  test('a redirect is not followed', async () => {
    const answer: Answer = (_request, response) =>
      response.writeHead(302, { location: 'https://elsewhere.example/' }).end();
    expect(await fetch(answer)).toEqual(refused(/302 Found; redirects are not followed/));
  });

  test('a PLC that is not there', async () => {
    const { url } = plc;
    await plc.close();
    plc = await startFakePlc(folder);
    expect(await fetch(() => {}, { url })).toEqual(failed(/ECONNREFUSED/));
  });
});
