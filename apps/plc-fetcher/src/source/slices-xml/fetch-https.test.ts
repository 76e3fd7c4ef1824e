import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { slicesXml } from '../../builders.test-support.ts';
import { makeAuthority } from '../../certificates.test-support.ts';
import { type Answer, type FakePlc, startFakePlc } from '../../fake-plc.test-support.ts';
import { withDeadline } from '../with-deadline.ts';
import { fetchHttps } from './fetch-https.ts';

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
const failed = (reason: RegExp, cause = 'plc-unreachable') => ({
  ...{ kind: 'failed', cause, reason: expect.stringMatching(reason) },
});
/** PLC itself said so. */
const refused = (reason: RegExp) => failed(reason, 'plc-refuses');

test('the certificate of PLC itself will do as the CA file', async () => {
  const caFile = join(folder, 'own.pem');
  await writeFile(caFile, plc.certificate);
  const answer: Answer = (_request, response) => response.writeHead(200).end(DOCUMENT);
  expect(await fetch(answer, { caFile })).toMatchObject({ kind: 'document', bytes: DOCUMENT });
});

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

  const unread: Answer = (_request, response) => response.end();

  test.each([
    ['is empty', () => ''],
    ['is DER', () => new X509Certificate(plc.certificate).raw],
    ['is no certificate', () => 'garbage'],
    ['is cut off', () => plc.certificate.slice(0, 200)],
    ['is damaged within', () => plc.certificate.replace(/\nMII/, '\nMIX')],
  ])('a CA file that %s is blamed, not the certificate of the server', async (_what, content) => {
    const caFile = join(folder, 'bad.pem');
    await writeFile(caFile, content());
    const { reason } = (await fetch(unread, { caFile })) as { reason: string };
    expect(reason).toMatch(/^plc\.ca_file: \S+bad\.pem: .*(certificates in PEM|is damaged)/);
    expect(plc.requests).toEqual([]);
  });

  test('a CA file that is a pipe or a device is named, and nothing waits for it', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const caFile of [pipe, '/dev/zero']) {
      expect(await fetch(unread, { caFile })).toEqual(
        failed(/^plc\.ca_file: \S+: it is not a regular file$/),
      );
    }
  });

  test('a server that speaks no TLS after 1.1 is told of in words, on one line', async () => {
    const old = {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    } as const;
    const server = await startFakePlc(folder, old);
    try {
      const { url, caFile } = server;
      const { reason } = (await fetch(unread, { url, caFile })) as { reason: string };
      expect(reason).toMatch(
        /^no TLS connection: the server does not speak TLS 1\.2 or later \([a-z0-9 ]+\)$/,
      );
      expect(reason).not.toMatch(/\n|error:/);
    } finally {
      await server.close();
    }
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
    expect(await fetched).toEqual(failed(/^told to stop$/));
  });

  test('503 tells its Retry-After', async () => {
    const answer: Answer = (_request, response) =>
      response.writeHead(503, { 'retry-after': '120' }).end('busy');
    expect(await fetch(answer)).toEqual({
      kind: 'failed',
      cause: 'plc-refuses',
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
