/** Signed documents from a real PLC on 127.0.0.1, signed by the real ssh-keygen: who may replace what, and every attack. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FetcherStatus } from '@nodemgr/contracts';
import { FailureBoard } from '@nodemgr/daemon';
import { makeSshSigner, needs, type SshSigner } from '@nodemgr/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { operatorHandlers } from './answer-operator.ts';
import { FakeDbService } from './fake-db-service.test-support.ts';
import { type FakePlc, startFakePlc } from './fake-plc.test-support.ts';
import type { Fetcher } from './make-fetcher.ts';
import { type RunningFetcher, runFetcher } from './running-fetcher.test-support.ts';

const { missing, note } = needs('openssh-client');
const START = 1_800_000_000;

/** A document with a serial, in which node 17 has these slices. */
function aDocument(serial: number, ...names: string[]): Buffer {
  const slices = names.map(
    (name, id) => `<slice name="${name}" id="${id}"><nodes><node id="17"/></nodes></slice>`,
  );
  const root = `issued="${START - 100 + serial}" serial="${serial}"`;
  return Buffer.from(`<planetlab_slices ${root}>${slices.join('')}</planetlab_slices>`);
}

describe.skipIf(missing)(`signed documents${note}`, () => {
  let keys: string;
  let alice: SshSigner;
  let bob: SshSigner;
  let mallory: SshSigner;
  beforeAll(async () => {
    keys = await mkdtemp(join(tmpdir(), 'fetcher-keys-'));
    [alice, bob, mallory] = [
      makeSshSigner(keys, 'alice'),
      makeSshSigner(keys, 'bob', { type: 'ecdsa', bits: 256 }),
      makeSshSigner(keys, 'mallory'),
    ];
  });
  afterAll(() => rm(keys, { recursive: true }));

  let folder: string;
  let plc: FakePlc;
  let db: FakeDbService;
  /** Seconds since 1970. */
  let now: number;
  let running: RunningFetcher | undefined;
  const list = (name: string) => join(folder, name);
  const allow = (...lines: string[]) =>
    writeFile(list('allowed'), lines.join('\n'), { mode: 0o644 });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fetcher-'));
    plc = await startFakePlc(folder);
    db = new FakeDbService();
    now = START;
    await allow(`alice@x ${alice.publicKey}`, `bob@x ${bob.publicKey}`);
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    await plc.close();
    await rm(folder, { recursive: true });
  });

  /** Serves a document and its signature, and 304 to whoever has that document. */
  function serve(document: Buffer, signature: string | undefined): void {
    const etag = `"${document.length}-${document.toString('latin1').slice(0, 80).replaceAll('"', '')}"`;
    plc.answer = (request, response) => {
      if (request.url?.endsWith('.sig')) {
        if (signature === undefined) response.writeHead(404).end();
        else response.writeHead(200).end(signature);
      } else if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { etag }).end(document);
    };
  }

  const serveSigned = (document: Buffer, ...signers: readonly SshSigner[]) =>
    serve(document, signers.map((signer) => signer.sign(document)).join(''));

  function start(toml = '', signed = `allowed_signers_file = "${list('allowed')}"`): Fetcher {
    running = runFetcher({ folder, plc, db, now: () => now }, `${signed}\n${toml}`);
    return running.fetcher;
  }

  const until = (check: () => void | Promise<void>) =>
    vi.waitFor(check, { timeout: 5000, interval: 5 });
  const failing = () =>
    running?.failures.list().map(({ subject, reason }) => `${subject}: ${reason}`);
  const slivers = () => db.documents.at(-1)?.slivers.map((key) => key.replace('sliver_', ''));
  const operator = (fetcher: Fetcher) =>
    operatorHandlers({
      ...{ url: plc.url, kind: 'slices-xml', fetcher },
      failures: running?.failures ?? new FailureBoard(),
      commonStatus: () => ({ process: '', pid: 1, version: '', started_at: 0, failures: [] }),
    });
  const statusOf = async (fetcher: Fetcher) =>
    (await (operator(fetcher).status as () => Promise<FetcherStatus>)()).detail;
  /** Starts with document 12 in force. */
  async function withTwelve(toml = ''): Promise<Fetcher> {
    serveSigned(aDocument(12, 'a_b'), alice);
    const fetcher = start(toml);
    await until(() => expect(slivers()).toEqual(['a_b']));
    return fetcher;
  }

  test('count, and an operator sees who signed them and when they were made', async () => {
    const fetcher = await withTwelve();
    expect((await statusOf(fetcher)).document?.signed).toEqual({
      document: expect.stringMatching(/^[0-9a-f]{64}$/),
      serial: 12,
      issued: START - 88,
      signers: [{ name: 'alice@x', fingerprint: expect.stringMatching(/^SHA256:/) }],
    });
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'unchanged' });
    serveSigned(aDocument(13, 'a_b', 'a_c'), bob);
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'new document' });
    await until(() => expect(slivers()).toEqual(['a_b', 'a_c']));
    expect(failing()).toEqual([]);
  });

  test('are kept with their signature, which is judged again before they are used', async () => {
    await withTwelve();
    await until(async () => expect(await readdir(join(folder, 'state/plc'))).toHaveLength(3));
    await running?.stop();
    plc.answer = (_request, response) => response.writeHead(503).end();
    db.loseDatabase();
    start();
    await until(() => expect(db.documents).toHaveLength(2));
    expect(db.documents.at(-1)).toMatchObject({ slivers: ['sliver_a_b'], fresh: false });
    await running?.stop();
    await allow(`bob@x ${bob.publicKey}`);
    db.loseDatabase();
    start();
    await until(() =>
      expect(failing()).toContainEqual(
        expect.stringMatching(/^last good document: its signature: .*not among the allowed/),
      ),
    );
    expect(db.documents).toHaveLength(2);
  });

  const attacks: readonly (readonly [string, (good: Buffer) => void, RegExp])[] = [
    [
      'without a signature',
      (good) => serve(good, undefined),
      /PLC: its signature: PLC answers 404/,
    ],
    [
      'with the signature of another',
      (good) => serve(good, alice.sign(aDocument(14))),
      /not on this document/,
    ],
    [
      'with a signature that is cut off',
      (good) => serve(good, alice.sign(good).slice(0, 150)),
      /cut off/,
    ],
    [
      'signed as it is packed',
      (good) => serve(good, alice.sign(gzipSync(good))),
      /not on this document/,
    ],
    [
      'signed for another purpose',
      (good) => serve(good, alice.sign(good, { namespace: 'git' })),
      /it is for "git"/,
    ],
    [
      'signed by somebody else',
      (good) => serveSigned(good, mallory),
      /not among the allowed signers/,
    ],
    [
      'changed after it was signed',
      (good) => serve(Buffer.concat([good, Buffer.from(' ')]), alice.sign(good)),
      /not on this document/,
    ],
    [
      'with an endless signature',
      (good) => serve(good, alice.sign(good).repeat(3000)),
      /more than 262144 bytes/,
    ],
    [
      'that has no serial',
      () => serveSigned(Buffer.from(`<planetlab_slices issued="1"/>`), alice),
      /has no `serial`/,
    ],
    [
      'that does not say when it was made',
      () => serveSigned(Buffer.from(`<planetlab_slices serial="13"/>`), alice),
      /has no `issued`/,
    ],
  ];
  test.each(attacks)('%s count for nothing; the one in force stays', async (_what, attack, why) => {
    const fetcher = await withTwelve();
    attack(aDocument(13));
    await fetcher.polls.fetchNow();
    expect(failing()).toEqual([expect.stringMatching(why)]);
    expect(fetcher.polls.status.good?.read.signed?.serial).toBe(12);
    expect(db.documents).toHaveLength(1);
    serveSigned(aDocument(13, 'a_c'), alice);
    await fetcher.polls.fetchNow();
    expect(failing()).toEqual([]);
  });

  test('come packed, and are signed as they are unpacked', async () => {
    const document = aDocument(12, 'a_b');
    const signature = alice.sign(document);
    plc.answer = (request, response) =>
      request.url?.endsWith('.sig')
        ? response.end(signature)
        : response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(document));
    start();
    await until(() => expect(slivers()).toEqual(['a_b']));
  });

  test('of two signers need both, and one who signs twice is one', async () => {
    const document = aDocument(12, 'a_b');
    serveSigned(document, alice, alice);
    const fetcher = start('signatures_needed = 2');
    await until(() =>
      expect(failing()).toEqual([expect.stringMatching(/those of 1, who signed more than once/)]),
    );
    serveSigned(document, bob, mallory, alice);
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'new document' });
    await until(() => expect(slivers()).toEqual(['a_b']));
    expect(db.updates.find(({ source }) => source === 'plc')?.remarks).toEqual([
      { severity: 'trouble', text: expect.stringMatching(/^signature 2 does not count: /) },
    ]);
  });

  test('whose signer is struck off or revoked stay in force and are trouble, until they are signed anew', async () => {
    const document = aDocument(12, 'a_b');
    await writeFile(list('revoked'), '# nobody\n', { mode: 0o644 });
    const fetcher = await withTwelve(`revocation_file = "${list('revoked')}"`);
    await writeFile(list('revoked'), `${alice.publicKey}\n`);
    expect(await fetcher.polls.fetchNow()).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/its key was revoked/),
    });
    await writeFile(list('revoked'), '');
    await allow(`bob@x ${bob.publicKey}`);
    await until(() => expect(failing()).toEqual([expect.stringMatching(/not among the allowed/)]));
    expect(db.documents).toHaveLength(1);
    serveSigned(document, bob);
    expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'new document' });
    expect(failing()).toEqual([]);
    expect(fetcher.polls.status.good?.read.signed?.signers).toMatchObject([{ name: 'bob@x' }]);
    // It says what it has said.
    expect(db.documents).toHaveLength(1);
  });

  test('whose signer comes onto the list are taken at once', async () => {
    serveSigned(aDocument(12, 'a_b'), mallory);
    const fetcher = start();
    await until(() => expect(failing()).toEqual([expect.stringMatching(/not among the allowed/)]));
    for (let attempt = 0; attempt < 8; attempt += 1) await fetcher.polls.fetchNow();
    expect(fetcher.polls.status.nextAttempt).toBeGreaterThan((now + 60) * 1000);
    await allow(`mallory@x ${mallory.publicKey}`);
    await until(() => expect(slivers()).toEqual(['a_b']));
  });

  test('count for nothing while the list can be written by others, or cannot be read', async () => {
    serveSigned(aDocument(12, 'a_b'), alice);
    await chmod(list('allowed'), 0o666);
    const fetcher = start();
    const because = (why: RegExp) => () => expect(failing()).toEqual([expect.stringMatching(why)]);
    await until(because(/allowed_signers_file: \S+: its mode is 0666/));
    await chmod(list('allowed'), 0o644);
    await allow('nobody');
    await fetcher.polls.fetchNow();
    await until(because(/allowed_signers_file: \S+: line 1: wanted is/));
  });

  describe('that are old', () => {
    const eleven = () => aDocument(11, 'a_old');

    test('are held back, also after a restart, until an operator lets one through by its name', async () => {
      await (await withTwelve()).polls.fetchNow();
      await until(async () => expect(await readdir(join(folder, 'state/plc'))).toHaveLength(3));
      await running?.stop();
      serveSigned(eleven(), alice);
      const fetcher = start();
      await until(() =>
        expect(failing()).toEqual([expect.stringMatching(/its serial is 11, .* is 12/)]),
      );
      expect(db.documents).toHaveLength(1);
      const { held_back } = await statusOf(fetcher);
      expect(held_back).toMatchObject({ serial: 11, signers: [{ name: 'alice@x' }] });
      const { allow_document } = operator(fetcher);
      expect(await allow_document({ document: '0'.repeat(12) })).toEqual({});
      const document = String(held_back?.document).slice(0, 12);
      expect(await allow_document({ document })).toEqual({ poll: { outcome: 'new document' } });
      await until(() => expect(slivers()).toEqual(['a_old']));
      expect(failing()).toEqual([]);
      expect((await statusOf(fetcher)).held_back).toBeUndefined();
      serveSigned(aDocument(10), alice);
      expect(await fetcher.polls.fetchNow()).toMatchObject({ outcome: 'refused' });
    });

    test('are held back even when what was kept cannot be used any more', async () => {
      await withTwelve();
      await until(async () => expect(await readdir(join(folder, 'state/plc'))).toHaveLength(3));
      await running?.stop();
      const kept = join(folder, 'state/plc');
      const [name = ''] = (await readdir(kept)).filter((each) => each.endsWith('.xml'));
      await writeFile(join(kept, name), 'damaged');
      serveSigned(eleven(), alice);
      start();
      await until(() =>
        expect(failing()).toContainEqual(expect.stringMatching(/its serial is 11/)),
      );
    });

    test('are held back with the same serial, too', async () => {
      const fetcher = await withTwelve();
      serveSigned(aDocument(12, 'a_other'), alice);
      expect(await fetcher.polls.fetchNow()).toMatchObject({
        outcome: 'refused',
        reason: expect.stringMatching(/another document .* has its serial, 12/),
      });
    });

    test('and are not replaced in time are trouble, and nothing is removed', async () => {
      const fetcher = await withTwelve('max_age_seconds = 3600');
      now += 3600;
      expect(await fetcher.polls.fetchNow()).toEqual({ outcome: 'unchanged' });
      expect(failing()).toEqual([
        expect.stringMatching(/^age of slices.xml: .*more than 3600 seconds/),
      ]);
      expect(db.documents).toHaveLength(1);
      const later = Buffer.from(
        aDocument(13, 'a_b')
          .toString()
          .replace(/issued="\d+"/, `issued="${now}"`),
      );
      serveSigned(later, alice);
      await fetcher.polls.fetchNow();
      expect(failing()).toEqual([]);
    });
  });

  test('and nodes that want none: no signature is asked for, and nothing else is kept', async () => {
    serve(aDocument(12, 'a_b'), undefined);
    const fetcher = start('', '');
    await until(() => expect(slivers()).toEqual(['a_b']));
    expect(plc.requests).toHaveLength(1);
    expect((await statusOf(fetcher)).document).not.toHaveProperty('signed');
    const kept = join(folder, 'state/plc');
    await until(async () => expect(await readdir(kept)).toHaveLength(2));
    expect(JSON.parse(await readFile(join(kept, 'last-good.json'), 'utf8'))).not.toHaveProperty(
      'serial',
    );
    serve(aDocument(11, 'a_c'), undefined);
    await fetcher.polls.fetchNow();
    await until(() => expect(slivers()).toEqual(['a_c']));
    await running?.stop();
    serveSigned(aDocument(13, 'a_b'), alice);
    start();
    await until(() => expect(slivers()).toEqual(['a_b']));
    await until(() => expect(failing()).toEqual([]));
  });
});
