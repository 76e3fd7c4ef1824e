import { createHmac } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { epochSeconds } from '@nodemgr/records';
import { decodeCall, encodeFault, encodeResponse, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type FakePlc, startFakePlc } from '../../fake-plc.test-support.ts';
import type { Known } from '../desired-state-source.ts';
import { withDeadline } from '../with-deadline.ts';
import { getSliversSource, recallGetSlivers } from './getslivers-source.ts';

const NOW = epochSeconds(1_800_000_000);
const LATER = new AbortController().signal;
const HTML = '<!DOCTYPE html><html><body>Internal Server Error</body></html>';
const settings = {
  ...{ nodeId: 17, delegations: [], ownKeys: new Set<never>(), slicePrefix: 'pl' },
  ...{ images: {}, exemptIps: [], linkRate: 1e9 },
};
let folder: string;
let keyFile: string;
let plc: FakePlc;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'getslivers-'));
  keyFile = join(folder, 'node.key');
  await writeFile(keyFile, 'secret\n', { mode: 0o600 });
  plc = await startFakePlc(folder);
});
afterEach(async () => {
  await plc.close();
  await rm(folder, { recursive: true });
});

const aSliver = (name: string, changes = {}) => ({
  ...{ name, slice_id: 12, instantiation: 'plc-instantiated', expires: 1_900_000_000 },
  ...{ keys: [], attributes: [], GetSliceFamily: null },
  ...changes,
});
const anAnswer = (changes: Readonly<Record<string, XmlRpcValue>> = {}): XmlRpcValue => ({
  ...{ timestamp: 1, node_id: 17, interfaces: [], initscripts: [] },
  slivers: [aSliver('princeton_sirius')],
  accounts: [{ name: 'root', keys: ['ssh-rsa root’s'] }],
  ...changes,
});

function ask(answer: Answer, known?: Known, { seconds = 20, maxBytes = 1 << 27 } = {}) {
  plc.answer = answer;
  const place = { url: plc.url, caFile: plc.caFile, maxBytes };
  const source = getSliversSource({ place, keyFile, settings, now: () => NOW });
  return withDeadline(source.ask, seconds)(known, LATER);
}
const giving =
  (body: string | Buffer, headers = {}): Answer =>
  (_request, response: ServerResponse) =>
    response.writeHead(200, headers).end(body);
async function state(value: XmlRpcValue, known?: Known) {
  const answer = await ask(giving(encodeResponse(value)), known);
  if (answer.kind !== 'state') throw new Error(JSON.stringify(answer));
  return answer;
}

describe('an answer', () => {
  test('is a state, asked for with the node’s key and without a session', async () => {
    let call = '';
    const answer = await ask((request, response) => {
      void text(request).then((body) => {
        call = body;
        response.end(encodeResponse(anAnswer()));
      });
    });
    expect(answer).toMatchObject({
      kind: 'state',
      read: { state: { records: [{ record_key: 'sliver_princeton_sirius', id: 12 }] } },
    });
    expect(decodeCall(Buffer.from(call))).toEqual({
      method: 'GetSlivers',
      params: [
        {
          AuthMethod: 'hmac',
          node_id: 17,
          value: createHmac('sha1', 'secret').update('[]').digest('hex'),
        },
      ],
    });
    expect(plc.requests[0]).toMatchObject({ 'content-type': 'text/xml' });
  });

  test('may come compressed', async () => {
    const body = gzipSync(encodeResponse(anAnswer()));
    const answer = await ask(giving(body, { 'content-encoding': 'gzip' }));
    expect(answer.kind).toBe('state');
  });

  test('with the same content and a later time is unchanged', async () => {
    const { read, validators } = await state(anAnswer());
    const known = { identity: read.identity, validators };
    const again = await ask(giving(encodeResponse(anAnswer({ timestamp: 2 }))), known);
    expect(again).toEqual({ kind: 'unchanged' });
    const other = anAnswer({ slivers: [aSliver('princeton_sirius', { slice_id: 13 })] });
    expect((await state(other, known)).read.identity).not.toBe(read.identity);
  });

  test('with a slice that is over names it: the node ends it by itself', async () => {
    const slivers = [aSliver('princeton_sirius', { expires: 1_000_000_000 })];
    const { read } = await state(anAnswer({ slivers }));
    expect(read.state.records).toMatchObject([{ expiry: 1_000_000_000 }]);
  });

  test('is kept without root’s keys, and what is kept says the same', async () => {
    const { kept, read } = await state(anAnswer());
    expect(kept.toString()).not.toMatch(/accounts|root/);
    expect(recallGetSlivers(settings)(kept, NOW)).toEqual(read);
  });

  test('that was kept and is damaged is no state', () => {
    const recall = recallGetSlivers(settings);
    expect(recall(Buffer.from('{'), NOW)).toMatchObject({ ok: false, reason: /no JSON/ });
    expect(recall(Buffer.from('{"node_id":17}'), NOW)).toMatchObject({ ok: false });
  });
});

const refusal = (reason: RegExp, cause = 'plc-refuses') => ({
  ...{ kind: 'failed', cause, reason: expect.stringMatching(reason) },
});
const useless = (reason: RegExp) => ({ ...refusal(reason), kind: 'malformed' });

describe('what is no answer is told in its own words', () => {
  test.each([
    [103, /^PLC does not accept this node’s key: fault 103: why$/, 'key-refused'],
    [108, /^PLC does not allow this node to ask: fault 108: why$/, 'key-refused'],
    [106, /^PLC cannot reach its own database: fault 106: why$/, 'plc-refuses'],
    [111, /^PLC has an internal error: fault 111: why$/, 'plc-refuses'],
  ])('fault %i', async (code, reason, cause) => {
    expect(await ask(giving(encodeFault(code, 'why')))).toEqual(refusal(reason, cause));
  });

  test('a crash', async () => {
    const answer = await ask((_request, response) => response.writeHead(500).end(HTML));
    expect(answer).toMatchObject(refusal(/^PLC answers 500 Internal Server Error$/));
  });

  test.each([
    ['HTML', HTML, /^it is no answer to GetSlivers: .*DOCTYPE is not allowed/],
    ['nothing', '', /^it is no answer to GetSlivers: /],
    ['a text that ends too early', encodeResponse('x').slice(0, -9), /not well-formed/],
    ['another node’s answer', encodeResponse(anAnswer({ node_id: 3 })), /answer for node 3, and/],
    ['an answer without slivers', encodeResponse(anAnswer({ slivers: null })), /no list slivers/],
  ])('%s', async (_what, body, reason) => {
    expect(await ask(giving(body))).toEqual(useless(reason));
  });

  test('a body that is cut', async () => {
    const body = encodeResponse(anAnswer());
    const answer = await ask((_request, response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.slice(0, 200), () => response.destroy());
    });
    expect(answer).toEqual(refusal(/aborted|premature|hang up/i, 'plc-unreachable'));
  });

  test('an answer that takes longer than the deadline', async () => {
    const slow: Answer = (_request, response) => response.writeHead(200).write('<methodResponse>');
    const answer = await ask(slow, undefined, { seconds: 0.2 });
    expect(answer).toEqual(refusal(/no complete answer in 0.2 seconds/, 'plc-unreachable'));
  });

  test('an answer that is larger than the bound', async () => {
    const answer = await ask(giving(encodeResponse(anAnswer())), undefined, { maxBytes: 500 });
    expect(answer).toEqual(refusal(/more than 500 bytes/, 'plc-unreachable'));
  });
});

describe('the node’s key', () => {
  const answer = giving(encodeResponse(anAnswer()));

  test('in a file that others may read, or that is missing or empty, asks nobody', async () => {
    await chmod(keyFile, 0o644);
    const asked = await ask(answer);
    expect(asked).toEqual(refusal(/^plc\.node_key_file: \S+: its mode is 0644/, 'key-unfit'));
    await writeFile(keyFile, ' \n');
    await chmod(keyFile, 0o600);
    expect(await ask(answer)).toEqual(refusal(/it is empty$/, 'key-unfit'));
    await rm(keyFile);
    expect(await ask(answer)).toEqual(refusal(/ENOENT/, 'key-unfit'));
    expect(plc.requests).toEqual([]);
  });

  test('is in no message', async () => {
    const refused = await ask(giving(encodeFault(103, 'Failed to authenticate call')));
    expect(JSON.stringify(refused)).not.toContain('secret');
  });
});

test('20,000 slivers are more than a node takes, and are read without being held whole', async () => {
  const key = `ssh-rsa ${'A'.repeat(400)} u@h\n`;
  const attributes = [{ tagname: 'hrn', value: 'x'.repeat(100) }];
  const slivers = Array.from({ length: 20_000 }, (_, n) =>
    aSliver(`site_${n}`, { keys: [{ key_type: 'ssh', key }], attributes }),
  );
  const body = Buffer.from(encodeResponse(anAnswer({ slivers })));
  slivers.length = 0;
  expect(body.length).toBeGreaterThan(20_000_000);
  expect(await ask(giving(body))).toEqual(useless(/more than 10000 slices/));
});
