import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { certificateFiles } from './certificate-files.ts';
import { type DocumentServer, serveDocument } from './serve-document.ts';
import { DocumentFile } from './served-document.ts';

const TEXT = `<planetlab_slices>${' '.repeat(5000)}</planetlab_slices>`;
let folder: string;
let path: string;
let server: DocumentServer;
let ca: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-plc-'));
  path = join(folder, 'slices.xml');
  const certificates = await certificateFiles(join(folder, 'dir'), new Date());
  ca = certificates.ca;
  const log = pino({ level: 'silent' });
  server = await serveDocument({ file: new DocumentFile(path), certificates, port: 0, log });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => writeFile(path, TEXT));

async function ask(headers: Record<string, string> = {}, method = 'GET') {
  const sent = request(server.url, { ca, headers, method, agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
}

describe('the server', () => {
  test('gives the document to who believes its CA, under both names of this machine', async () => {
    expect((await ask()).body.toString()).toBe(TEXT);
    const sent = request(server.url.replace('127.0.0.1', 'localhost'), { ca, agent: false }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    answer.resume();
    const distrusting = request(server.url, { agent: false }).end();
    await expect(once(distrusting, 'response')).rejects.toThrow(/certificate/);
  });

  test('compresses for who takes it', async () => {
    const gzip = await ask({ 'accept-encoding': 'gzip' });
    expect(gunzipSync(gzip.body).toString()).toBe(TEXT);
    const brotli = await ask({ 'accept-encoding': 'gzip, br' });
    expect(brotliDecompressSync(brotli.body).toString()).toBe(TEXT);
    expect(brotli.headers['content-length']).toBe(String(brotli.body.length));
  });

  test('HEAD gets the headers alone, 304 who has it', async () => {
    const head = await ask({}, 'HEAD');
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': String(TEXT.length) } });
    expect(head.body).toHaveLength(0);
    const etag = String(head.headers.etag);
    expect(await ask({ 'if-none-match': etag })).toMatchObject({ status: 304, headers: { etag } });
  });

  test('reads the file again when it has changed, and says 503 while it is missing', async () => {
    const { headers } = await ask();
    await writeFile(path, `${TEXT}\n`);
    const changed = await ask({ 'if-none-match': String(headers.etag) });
    expect(changed.body.toString()).toBe(`${TEXT}\n`);
    await rm(path);
    expect(await ask()).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  });

  test('answers other paths and methods', async () => {
    expect((await ask({}, 'POST')).status).toBe(405);
    expect((await ask({}, 'HEAD')).status).toBe(200);
  });
});

describe('the certificates', () => {
  const dir = () => join(folder, 'certificates');
  const DAY_MS = 86_400_000;

  test('are made once, and the key is for its owner alone', async () => {
    const first = await certificateFiles(dir(), new Date());
    expect(await certificateFiles(dir(), new Date())).toEqual(first);
    expect((await stat(dir())).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir(), 'server.key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(first.caFile, 'utf8')).toBe(first.ca);
  });

  test('are made again before they run out, and when they are damaged', async () => {
    const first = await certificateFiles(dir(), new Date());
    const later = await certificateFiles(dir(), new Date(Date.now() + 340 * DAY_MS));
    expect(later.ca).not.toBe(first.ca);
    await writeFile(later.caFile, 'no certificate');
    expect((await certificateFiles(dir(), new Date())).ca).toContain('BEGIN CERTIFICATE');
  });
});
