import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FailureBoard } from '@nodemgr/daemon';
import { encodeFault, encodeResponse } from '@nodemgr/xml-rpc';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { operatorHandlers } from './answer-operator.ts';
import { slicesXml } from './builders.test-support.ts';
import { FakeDbService } from './fake-db-service.test-support.ts';
import { type FakePlc, startFakePlc } from './fake-plc.test-support.ts';
import type { Fetcher } from './make-fetcher.ts';
import { type RunningFetcher, runFetcher } from './running-fetcher.test-support.ts';

const SIRIUS = 'sliver_princeton_sirius';
const DHT = 'sliver_mit_dht';
const START = 1_700_000_000;

let folder: string;
let plc: FakePlc;
let db: FakeDbService;
let running: RunningFetcher | undefined;
/** Seconds since 1970. */
let now: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetcher-'));
  plc = await startFakePlc(folder);
  db = new FakeDbService();
  now = START;
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await plc.close();
  await rm(folder, { recursive: true });
});

/** Serves these slices with a tag of their own, and 304 to those who have them. */
function serve(...names: string[]): void {
  const etag = `"${names.join()}"`;
  plc.answer = (request, response) => {
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(slicesXml(...names));
  };
}

const serveNothing = () => {
  plc.answer = (_request, response) => response.writeHead(503, { 'retry-after': '300' }).end();
};

function start(toml = ''): Fetcher {
  running = runFetcher({ folder, plc, db, now: () => now }, toml);
  return running.fetcher;
}

const until = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 5000, interval: 5 });
const failing = () =>
  running?.failures.list().map(({ subject, reason }) => `${subject}: ${reason}`);
/** Lets db-service be asked a few times more. */
async function someChecks(): Promise<void> {
  const held = vi.spyOn(db, 'held');
  await until(() => expect(held.mock.calls.length).toBeGreaterThan(6));
  held.mockRestore();
}

describe('delivery', () => {
  test('a document is delivered once, and an unchanged one not at all', async () => {
    serve('princeton_sirius');
    const fetcher = start();
    const delivered = { slivers: [SIRIUS], fresh: true, timestamp: START };
    await until(() => expect(db.documents).toEqual([delivered]));
    const before = fetcher.polls.status.good?.read;
    now += 600;
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'unchanged' });
    expect(plc.requests.at(-1)).toMatchObject({ 'if-none-match': '"princeton_sirius"' });
    await someChecks();
    expect(db.documents).toEqual([delivered]);
    // The very same object: it was not parsed again.
    expect(fetcher.polls.status.good?.read).toBe(before);
  });

  test('a changed document is delivered; its time never goes back, though the clock may', async () => {
    serve('princeton_sirius');
    const fetcher = start();
    await until(() => expect(db.documents).toHaveLength(1));
    now -= 10_000;
    serve('princeton_sirius', 'mit_dht');
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'new document' });
    await until(() =>
      expect(db.documents.at(-1)).toEqual({
        slivers: [SIRIUS, DHT],
        fresh: true,
        timestamp: START,
      }),
    );
  });

  test('a db-service that was away gets what it missed, and one that lost its database gets all', async () => {
    db.away = true;
    serve('princeton_sirius');
    start();
    await until(() => expect(failing()).toEqual([expect.stringMatching(/^db-service: no answer/)]));
    db.away = false;
    await until(() => expect(db.documents).toHaveLength(1));
    await until(() => expect(failing()).toEqual([]));
    db.loseDatabase();
    await until(() => expect(db.documents).toHaveLength(2));
    await until(() =>
      expect(db.updates.filter(({ source }) => source === 'config')).toHaveLength(2),
    );
  });

  test('a refused update is shown, not sent again, and gone when PLC takes it back', async () => {
    serve('princeton_sirius', 'mit_dht');
    const fetcher = start();
    await until(() => expect(db.documents).toHaveLength(1));
    db.refusing = true;
    serve();
    await fetcher.polls.fetchNow();
    await until(() => expect(failing()).toEqual([expect.stringMatching(/^slices.xml: it would/)]));
    await someChecks();
    expect(db.documents).toHaveLength(2);
    db.refusing = false;
    serve('princeton_sirius', 'mit_dht');
    await fetcher.polls.fetchNow();
    await until(() => expect(failing()).toEqual([]));
    expect(db.documents).toHaveLength(3);
  });

  test('the configuration’s delegates and cap are a source of their own', async () => {
    serve('princeton_sirius');
    start('[[delegates]]\nname = "del_snoop"\nmethods = ["GetRSpec"]\n[bandwidth]\ncap = 5000000');
    await until(() => expect(db.documents).toHaveLength(1));
    expect(db.updates).toMatchObject([
      { source: 'config', fresh: true, records: [{ name: 'del_snoop' }, { cap: 5_000_000 }] },
      { source: 'plc', records: [{ delegations: [['del_snoop', 'GetRSpec']] }] },
    ]);
  });
});

describe('what cannot be had', () => {
  test('a document that cannot be read is reported; the last good one and its tag stay', async () => {
    serve('princeton_sirius');
    const fetcher = start();
    await until(() => expect(db.documents).toHaveLength(1));
    const cut = slicesXml('princeton_sirius', 'mit_dht').subarray(0, -5);
    plc.answer = (_request, response) => response.writeHead(200, { etag: '"cut"' }).end(cut);
    expect(await fetcher.polls.fetchNow()).toEqual({
      outcome: 'malformed',
      reason: expect.stringMatching(/^line 1/),
    });
    expect(failing()).toEqual([expect.stringMatching(/^slices.xml: line 1/)]);
    serve('princeton_sirius');
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'unchanged' });
    expect(failing()).toEqual([]);
    expect(db.documents).toHaveLength(1);
  });

  test('a PLC that is busy is left alone for as long as it asks', async () => {
    serveNothing();
    const fetcher = start();
    await until(() => expect(failing()).toEqual([expect.stringMatching(/^PLC: .*503/)]));
    const [failure] = running?.failures.list() ?? [];
    const { nextAttempt } = fetcher.polls.status;
    expect(nextAttempt).toBeGreaterThan((START + 290) * 1000);
    expect(failure?.retry_at).toBeGreaterThan((START + 290) * 1000);
  });

  test('a document that cannot be kept still counts', async () => {
    await writeFile(join(folder, 'state'), 'a file where a folder should be');
    serve('princeton_sirius');
    start();
    await until(() => expect(db.documents).toHaveLength(1));
    expect(failing()).toEqual([expect.stringMatching(/^last good document: /)]);
  });
});

describe('what is mended is noticed', () => {
  /** Fails often enough that the next attempt is minutes away. */
  async function failedForLong(fetcher: Fetcher): Promise<void> {
    for (let attempt = 0; attempt < 8; attempt += 1) await fetcher.polls.fetchNow();
    expect(fetcher.polls.status.nextAttempt).toBeGreaterThan((now + 60) * 1000);
  }

  test('a file of authorities that comes late ends the wait for PLC', async () => {
    serve('princeton_sirius');
    const pem = await readFile(plc.caFile);
    await rm(plc.caFile);
    const fetcher = start();
    await failedForLong(fetcher);
    expect(failing()).toEqual([expect.stringMatching(/^PLC: .*ENOENT/)]);
    await writeFile(plc.caFile, pem);
    await until(() => expect(db.documents).toHaveLength(1));
    expect(failing()).toEqual([]);
  });

  test('a document’s own file that appears with its folder is read at once', async () => {
    const file = join(folder, 'mounted/slices.xml');
    plc = { ...plc, url: `file://${file}` };
    const fetcher = start();
    await failedForLong(fetcher);
    await mkdir(join(folder, 'mounted'));
    await writeFile(file, slicesXml('princeton_sirius'));
    await until(() => expect(db.documents).toHaveLength(1));
    expect(failing()).toEqual([]);
  });

  test('a document that could not be kept is kept as soon as that is possible, not at PLC’s next change', async () => {
    const state = join(folder, 'state');
    await writeFile(state, 'a file where a folder should be');
    serve('princeton_sirius');
    start('poll_seconds = 3600');
    await until(() => expect(failing()).toEqual([expect.stringMatching(/^last good document: /)]));
    await rm(state);
    await until(async () => expect(await readdir(join(state, 'plc'))).toHaveLength(2));
    await until(() => expect(failing()).toEqual([]));
  });

  test('an operator’s retry fetches, keeps and delivers what failed, and says how each stands', async () => {
    serveNothing();
    db.away = true;
    const fetcher = start();
    await until(() => expect(failing()).toHaveLength(2));
    const { failures } = running ?? { failures: new FailureBoard() };
    const commonStatus = () => ({ process: '', pid: 1, version: '', started_at: 0, failures: [] });
    const { retry } = operatorHandlers({
      ...{ url: plc.url, kind: 'slices-xml' as const },
      ...{ fetcher, failures, commonStatus },
    });
    expect(await retry({ name: 'princeton_sirius' })).toEqual({ tried: [] });
    expect(await retry({ name: 'PLC' })).toEqual({
      tried: [{ subject: 'PLC', outcome: 'fails', reason: expect.stringMatching(/503/) }],
    });
    serve('princeton_sirius');
    db.away = false;
    const { tried } = await retry({});
    expect(tried).toContainEqual({ subject: 'PLC', outcome: 'works' });
    await until(() => expect(db.documents).toHaveLength(1));
    expect(await retry({})).toEqual({ tried: [] });
  });
});

describe('after a restart', () => {
  const knownBefore = async (toml?: string) => {
    serve('princeton_sirius');
    start(toml);
    await until(() => expect(db.documents).toHaveLength(1));
    await until(async () => expect(await readdir(join(folder, 'state/plc'))).toHaveLength(2));
    await running?.stop();
    db.boot();
    now += 1000;
    serveNothing();
  };

  test('with PLC unreachable the kept document is delivered, as of its own time and not as fresh', async () => {
    await knownBefore();
    db.loseDatabase();
    start();
    const kept = { slivers: [SIRIUS], fresh: false, timestamp: START };
    await until(() => expect(db.documents.at(-1)).toEqual(kept));
  });

  test('what db-service holds already is not delivered again before PLC has confirmed it', async () => {
    await knownBefore();
    const fetcher = start();
    await until(() => expect(failing()).toEqual([expect.stringMatching(/503/)]));
    await someChecks();
    expect(db.documents).toHaveLength(1);
    serve('princeton_sirius');
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'unchanged' });
    const confirmed = { slivers: [SIRIUS], fresh: true, timestamp: START + 1000 };
    await until(() => expect(db.documents.slice(1)).toEqual([confirmed]));
  });

  test('a new grant in the configuration reaches the kept document’s slivers', async () => {
    await knownBefore();
    start('[[delegates]]\nname = "del_snoop"\nmethods = ["GetRSpec"]');
    await until(() => expect(db.documents).toHaveLength(2));
    expect(db.updates.at(-1)).toMatchObject({
      fresh: false,
      records: [{ delegations: [['del_snoop', 'GetRSpec']] }],
    });
  });

  test('a kept document of another URL is what the node knew, but its tag is not sent there', async () => {
    await knownBefore();
    db.loseDatabase();
    const { url } = plc;
    plc = { ...plc, url: `${url}?other` };
    start();
    await until(() => expect(failing()).toEqual([expect.stringMatching(/503/)]));
    await until(() => expect(db.documents).toHaveLength(2));
    expect(plc.requests.at(-1)).not.toHaveProperty('if-none-match');
  });

  test('a damaged kept document is reported and not used', async () => {
    await knownBefore();
    db.loseDatabase();
    const kept = join(folder, 'state/plc');
    const [document = ''] = (await readdir(kept)).filter((name) => name.endsWith('.xml'));
    await writeFile(join(kept, document), slicesXml('mit_dht'));
    start();
    await until(() => expect(failing()).toContainEqual(expect.stringMatching(/is damaged/)));
    await someChecks();
    expect(db.documents).toHaveLength(1);
  });
});

describe('a PLC that answers GetSlivers', () => {
  const settings = () => `kind = "getslivers"\nnode_key_file = "${folder}/node.key"`;
  const sliver = (name: string) => ({
    ...{ name, slice_id: 0, instantiation: 'plc-instantiated', expires: 1_900_000_000 },
    ...{ keys: [], attributes: [], GetSliceFamily: null },
  });
  function answerWith(...names: string[]): void {
    const lists = { interfaces: [], initscripts: [], slivers: names.map(sliver) };
    const body = encodeResponse({ node_id: 17, accounts: [{ name: 'root', keys: [] }], ...lists });
    plc.answer = (_request, response) => response.writeHead(200).end(body);
  }
  beforeEach(() => writeFile(join(folder, 'node.key'), 'secret', { mode: 0o600 }));

  test('is delivered once, whatever the bytes, and kept for a boot with PLC away', async () => {
    answerWith('princeton_sirius', 'mit_dht');
    const fetcher = start(settings());
    const delivered = { slivers: [SIRIUS, DHT], fresh: true, timestamp: START };
    await until(() => expect(db.documents).toEqual([delivered]));
    answerWith('mit_dht', 'princeton_sirius');
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'unchanged' });
    await running?.stop();
    db.boot();
    db.loseDatabase();
    serveNothing();
    start(settings());
    await until(() => expect(db.documents.at(-1)).toEqual({ ...delivered, fresh: false }));
    await until(() => expect(failing()).toEqual([expect.stringMatching(/^PLC: .*503/)]));
  });

  test('is left alone when it does not accept the key, until there is another', async () => {
    plc.answer = (_request, response) => response.end(encodeFault(103, 'Failed to authenticate'));
    const fetcher = start(settings());
    await until(() => expect(failing()).toEqual([expect.stringMatching(/accept this node’s key/)]));
    expect(fetcher.polls.status.nextAttempt).toBeGreaterThanOrEqual((START + 29) * 1000);
    answerWith('princeton_sirius');
    await writeFile(join(folder, 'node.key'), 'another');
    await until(() => expect(db.documents).toHaveLength(1));
    expect(failing()).toEqual([]);
  });

  test('takes the place of slices.xml and gives it back: what was kept of either is what the node knew', async () => {
    serve('princeton_sirius');
    start();
    await until(() => expect(db.documents).toHaveLength(1));
    await until(async () => expect(await readdir(join(folder, 'state/plc'))).toHaveLength(2));
    await running?.stop();
    db.loseDatabase();
    serveNothing();
    const fetcher = start(settings());
    await until(() => expect(db.documents).toHaveLength(2));
    expect(db.documents.at(-1)).toEqual({ slivers: [SIRIUS], fresh: false, timestamp: START });
    answerWith('mit_dht');
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'new document' });
    await until(() => expect(db.documents.at(-1)).toMatchObject({ slivers: [DHT], fresh: true }));
    await running?.stop();
    db.loseDatabase();
    serveNothing();
    const back = start();
    await until(() => expect(db.documents.at(-1)).toMatchObject({ slivers: [DHT], fresh: false }));
    serve('princeton_sirius');
    expect(await back.polls.fetchNow()).toEqual({ outcome: 'new document' });
  });
});

test('it stops at once, in the middle of a fetch', async () => {
  plc.answer = () => {};
  const { polls } = start();
  await until(() => expect(plc.requests).toHaveLength(1));
  const asked = polls.fetchNow();
  await running?.stop();
  expect(await asked).toEqual({ outcome: 'stopping' });
});
