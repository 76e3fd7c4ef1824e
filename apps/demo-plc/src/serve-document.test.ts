import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { CALL, signNodeCall } from '@nodemgr/getslivers';
import { epochSeconds } from '@nodemgr/records';
import { readTrustedKeys, type TrustedKey, verifyTicket } from '@nodemgr/tickets';
import { decodeResponse, encodeCall } from '@nodemgr/xml-rpc';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiOffice } from './api-office.ts';
import { certificateFiles } from './certificate-files.ts';
import { readManners } from './plan-call.ts';
import { type DocumentServer, serveDocument } from './serve-document.ts';
import { DocumentFile } from './served-document.ts';
import { ticketKeyFiles } from './ticket-key-files.ts';
import { TicketOffice } from './ticket-office.ts';

const TEXT = `<planetlab_slices>${' '.repeat(5000)}</planetlab_slices>`;
const KEY = 'the key of all nodes';
let folder: string;
let path: string;
let server: DocumentServer;
let ca: string;
let trusted: readonly TrustedKey[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-plc-'));
  path = join(folder, 'slices.xml');
  const certificates = await certificateFiles(join(folder, 'dir'), new Date());
  ca = certificates.ca;
  const log = pino({ level: 'silent' });
  const keys = await ticketKeyFiles(join(folder, 'dir'));
  trusted = readTrustedKeys(await readFile(keys.publicKeysFile, 'utf8'));
  const tickets = new TicketOffice(keys.privateKey);
  const file = new DocumentFile(path);
  const api = new ApiOffice({ file, key: KEY, manners: ['rightly', { fault: 106 }], log });
  server = await serveDocument({ file, tickets, api, certificates, port: 0, log });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => writeFile(path, TEXT));

async function ask(
  headers: Record<string, string> = {},
  method = 'GET',
  url = server.url,
  body?: string,
) {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const sent = request(url, { ca, headers: { ...headers, ...length }, method, agent: false });
  sent.end(body);
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

describe('tickets', () => {
  const EXPIRY = 4_000_000_000;
  const slice = (name: string, expiry = `expiry="${EXPIRY}"`) =>
    `<slice name="${name}" id="7" ${expiry}><timestamp value="1"/><nodes><node id="18"/></nodes>
     <ticket_nodes><node id="17" hostname="n17.example.org"/></ticket_nodes>
     <users><user person_id="5"/></users>
     <rspec><resource name="initscript"><value type="string">a &lt;&#13;\tß</value></resource></rspec></slice>`;
  const write = (...parts: readonly string[]) =>
    writeFile(path, `<planetlab_slices>${parts.join('')}</planetlab_slices>`);
  const get = async (name: string) => {
    const { status, headers, body } = await ask({}, 'GET', `${server.origin}/tickets/${name}.xml`);
    return { status, type: headers['content-type'], text: body.toString() };
  };
  const verify = (text: string) => {
    const now = epochSeconds(Math.floor(Date.now() / 1000));
    return verifyTicket(Buffer.from(text), { trusted, nodeId: 17, now }).record;
  };

  test('are those of exactly the slice that is asked for, its case and its dots included', async () => {
    await write(slice('a.b_C'), slice('a_b_C.xml', 'expiry="4000000001"'));
    for (const name of ['a.b_C', 'a_b_C.xml']) {
      expect(verify((await get(name)).text)).toMatchObject({ name });
    }
    for (const name of ['a.b_c', 'a_b_C', 'a_b_C.XML']) {
      expect(await get(name)).toMatchObject({ status: 404 });
    }
  });

  test('are issued for a slice with <ticket_nodes>, for those nodes, with its terms and its users’ keys', async () => {
    const blob = Buffer.concat([
      Buffer.from([0, 0, 0, 11]),
      Buffer.from('ssh-ed25519'),
      Buffer.from([0, 0, 0, 32]),
      Buffer.alloc(32),
    ]);
    const key = `ssh-ed25519 ${blob.toString('base64')} ü@host`;
    const keyXml = (person: number) => `<key person_id="${person}" type="ssh" value="${key}"/>`;
    await write(slice('site_a'), slice('site_b').replaceAll('ticket_nodes', 'other'), keyXml(5));
    const { status, type, text } = await get('site_a');
    expect({ status, type }).toEqual({ status: 200, type: 'application/xml; charset=utf-8' });
    const record = verify(text);
    expect(record).toMatchObject({
      name: 'site_a',
      id: 7,
      expiry: EXPIRY,
      plc_instantiated: false,
      ssh_keys: key,
      initscript: 'a <\r\tß',
    });
    expect(text).not.toContain('id="18"');
    expect(await get('site_b')).toMatchObject({
      status: 404,
      text: 'no ticket for site_b: there are tickets for site_a\n',
    });
  });

  test('are issued anew from a changed document, and no more once it does not mark the slice', async () => {
    await write(slice('site_a'));
    expect(verify((await get('site_a')).text).id).toBe(7);
    await write(slice('site_a').replace('id="7"', 'id="8"'));
    expect(verify((await get('site_a')).text).id).toBe(8);
    await write();
    expect((await get('site_a')).status).toBe(404);
  });

  test('are refused with the reason where a slice makes none, and later where the document cannot be read', async () => {
    await write(slice('site_a', ''));
    expect(await get('site_a')).toMatchObject({
      status: 409,
      text: expect.stringContaining('its slice has no expiry'),
    });
    await writeFile(path, `<planetlab_slices>${slice('site_a')}`);
    expect((await get('site_a')).status).toBe(503);
    await rm(path);
    expect((await get('site_a')).status).toBe(503);
  });

  test('have names of slices, and nothing that could lead elsewhere', async () => {
    for (const name of ['..%2fdir%2fticket', 'A_b', `a_${'b'.repeat(40)}`, '']) {
      expect((await get(name)).status).toBe(404);
    }
  });
});

describe('the key of the tickets', () => {
  test('is made once for its owner alone, and again when it is damaged', async () => {
    const first = await ticketKeyFiles(folder);
    const file = join(folder, 'ticket.key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await ticketKeyFiles(folder)).toEqual(first);
    expect(await readFile(first.publicKeysFile, 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    await writeFile(file, 'no key');
    expect((await ticketKeyFiles(folder)).privateKey).not.toBe(first.privateKey);
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

describe('the API', () => {
  const NODES = '<nodes><node id="17"/></nodes>';
  const RSPEC = '<rspec><resource name="nm_net_max_rate"><value>5000000</value></resource></rspec>';
  const SLICE = `<slice name="a_b" id="3" expiry="1900000000">${NODES}${RSPEC}</slice>`;
  const call = async (key: string, method = CALL) => {
    const body = encodeCall(method, [signNodeCall(17, key)]);
    const answer = await ask({}, 'POST', server.apiUrl, body);
    return decodeResponse(answer.body);
  };

  test('answers GetSlivers for the node that has the key, rightly and wrongly in turn', async () => {
    await writeFile(path, `<planetlab_slices>${SLICE}</planetlab_slices>`);
    expect(await call(KEY)).toMatchObject({
      kind: 'value',
      value: {
        node_id: 17,
        slivers: [
          {
            name: 'a_b',
            slice_id: 3,
            expires: 1_900_000_000,
            attributes: [{ tagname: 'net_max_rate', value: '5000' }],
          },
        ],
      },
    });
    expect(await call(KEY)).toMatchObject({ kind: 'fault', code: 106 });
  });

  test('does not accept another key, and has no other method', async () => {
    expect(await call('another')).toMatchObject({ kind: 'fault', code: 103 });
    expect(await call(KEY)).toMatchObject({ kind: 'fault', code: 106 });
    expect(await call(KEY, 'GetNodes')).toMatchObject({ kind: 'fault', code: 100 });
    await call(KEY);
  });
});

test.each(['abc', '1,,x', '9999999'])('wrong answers that nobody knows are refused: %s', (list) => {
  expect(() => readManners(list)).toThrow(/^--faults \S+: wants some of a code, html, cut, slow/);
});
