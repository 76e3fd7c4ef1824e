/** The real process on its real sockets: killed, stopped, doubled, and out of disk. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type CallClient, connectCalls, type FeedSubscription, subscribeFeed } from '@nodemgr/bus';
import {
  type DeliverContract,
  dbOperatorContract,
  deliverContract,
  endpointsBelow,
  type WriteContract,
  writeContract,
} from '@nodemgr/contracts';
import { accountName, epochSeconds, type Loan } from '@nodemgr/records';
import { buildSync } from 'esbuild';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  anUpdate,
  aSliver,
  keyOf,
  READABLE,
  SILENT,
} from './test-support/builders.test-support.ts';

const mainFile = resolve('dist/test/db-service/main.cjs');
const SLIVERS = ['a_a', 'b_b', 'c_c'].map((name) =>
  aSliver({ name, rspec: { nm_cpu_share: 1e9 } }),
);
const IN_TIME = { deadlineMs: 15_000 };
const LENDER = accountName('a_a');

let folder: string;
let children: ChildProcess[];
let closing: (() => unknown)[];
let requests = 0;
const request_id = () => {
  requests += 1;
  return `request-${requests}`;
};

beforeAll(() => {
  buildSync({
    entryPoints: [resolve('apps/db-service/src/main.ts')],
    outfile: mainFile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['zeromq', 'better-sqlite3'],
    tsconfig: 'tsconfig.base.json',
  });
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dbs-'));
  children = [];
  closing = [];
});

afterEach(async () => {
  for (const close of closing) await close();
  for (const child of children) await kill(child);
  rmSync(folder, { recursive: true, force: true });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** The configuration of a node whose runtime directory is `run` below the test's folder. */
function configOf(run: string): string {
  const file = join(folder, `${run}.toml`);
  writeFileSync(
    file,
    `[node]
id = 17
state_dir = "${join(folder, 'state')}"
runtime_dir = "${join(folder, run)}"
[plc]
url = "https://plc.example/slices.xml"
[clock]
require_sync = false
`,
  );
  return file;
}

interface Daemon {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly ended: Promise<unknown>;
}

function start(run = 'run'): Daemon {
  const args = [mainFile, '--config', configOf(run)];
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] } });
  children.push(child);
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return { child, stderr: () => text, ended: once(child, 'close') };
}

async function startedUp(run = 'run'): Promise<Daemon> {
  const daemon = start(run);
  await vi.waitFor(() => expect(daemon.stderr()).toContain('"msg":"ready"'), {
    timeout: 10_000,
    interval: 10,
  });
  return daemon;
}

const endpoints = () => endpointsBelow(join(folder, 'run'));

function connect() {
  const { deliver, write, operator } = endpoints();
  const clients = {
    deliver: connectCalls({ path: deliver, contract: deliverContract }),
    write: connectCalls({ path: write, contract: writeContract }),
    operator: connectCalls({ path: operator['db-service'], contract: dbOperatorContract }),
  };
  for (const client of Object.values(clients)) closing.push(() => client.close());
  return clients;
}

function deliver(
  client: CallClient<DeliverContract>,
  records: readonly ReturnType<typeof aSliver>[],
) {
  const { source, timestamp, digest } = anUpdate({ records });
  const params = {
    request_id: request_id(),
    source,
    timestamp,
    digest,
    fresh: true,
    records,
    ...READABLE,
  };
  return client.call('full_update', params, IN_TIME);
}

const target = () => ({ request_id: request_id(), sliver: LENDER, caller: 'root' });

/** Loans that say `n` twice: half of them would show. */
const loansOf = (n: number): [string, string, number][] => [
  ['b_b', 'nm_cpu_share', n],
  ['c_c', 'nm_cpu_share', n],
];

const setLoans = (client: CallClient<WriteContract>, n: number, deadlineMs = 15_000) =>
  client.call('set_loans', { ...target(), loans: loansOf(n) }, { deadlineMs });

type Clients = ReturnType<typeof connect>;

async function failuresOf({ operator }: Clients) {
  return (await operator.call('status', {}, IN_TIME)).failures;
}

async function heldLoans({ operator }: Clients): Promise<readonly Loan[]> {
  const { loans_out } = await operator.call('sliver', { name: LENDER }, IN_TIME);
  return loans_out.map(({ loan }) => loan);
}

describe('killed in the middle of writes', () => {
  test('it has every write that was acknowledged, and none by half', async () => {
    const clients = connect();
    let daemon = start();
    await deliver(clients.deliver, SLIVERS);
    let acknowledged = 0;
    let sent = 0;
    for (let life = 0; life < 8; life++) {
      const writing = (async () => {
        // One after the other: each finds its answer, if only from the next life.
        for (const until = sent + 25; sent < until; ) {
          sent += 1;
          await setLoans(clients.write, sent);
          acknowledged = sent;
        }
      })();
      const dieAfter = acknowledged + life * 3;
      await vi.waitFor(() => expect(acknowledged).toBeGreaterThanOrEqual(dieAfter), {
        timeout: 10_000,
        interval: 1,
      });
      const known = acknowledged;
      await kill(daemon.child);
      daemon = start();
      const held = await heldLoans(clients);
      const n = held[0]?.[2] ?? 0;
      expect(held).toEqual(n === 0 ? [] : loansOf(n));
      expect(n).toBeGreaterThanOrEqual(known);
      expect(n).toBeLessThanOrEqual(sent);
      await writing;
      expect(await heldLoans(clients)).toEqual(loansOf(sent));
    }
  }, 90_000);

  test('it does each request once, however often it was asked again', async () => {
    const clients = connect();
    let daemon = start();
    await deliver(clients.deliver, SLIVERS);
    let acknowledged = 0;
    for (let life = 1; life <= 5; life++) {
      const writing = Array.from({ length: 40 }, async () => {
        await clients.write.call('start', target(), IN_TIME);
        acknowledged += 1;
      });
      const before = acknowledged;
      await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(before), {
        timeout: 10_000,
        interval: 1,
      });
      await kill(daemon.child);
      daemon = start();
      await Promise.all(writing);
      const { item } = await clients.operator.call('sliver', { name: LENDER }, IN_TIME);
      expect(item).toMatchObject({ local: { starts: life * 40 } });
    }
  }, 90_000);

  test('its subscribers have in the end what it has', async () => {
    const clients = connect();
    let daemon = start();
    await deliver(clients.deliver, SLIVERS);
    const { feedChanges: changes, feedSnapshot: snapshot } = endpoints();
    const feed: FeedSubscription = subscribeFeed({
      changes,
      snapshot,
      log: SILENT,
      onChange: () => {},
    });
    closing.push(() => feed.close());
    let revision = 0;
    for (let n = 1; n <= 30; n++) {
      if (n % 10 === 0) {
        await kill(daemon.child);
        daemon = start();
      }
      const answer = await setLoans(clients.write, n);
      expect(answer.revision).toBeGreaterThan(revision);
      revision = answer.revision;
    }
    await vi.waitFor(
      () => expect(feed.items.get(keyOf('a_a'))).toMatchObject({ local: { loans: loansOf(30) } }),
      { timeout: 10_000 },
    );
    const accounts = await clients.operator.call('accounts', {}, IN_TIME);
    for (const { name, item } of accounts) expect(feed.items.get(keyOf(name))).toEqual(item);
  }, 60_000);
});

describe('told to stop', () => {
  test('it leaves in under a second with exit code 0, and starts again as it was', async () => {
    const clients = connect();
    const daemon = await startedUp();
    await deliver(clients.deliver, SLIVERS);
    await setLoans(clients.write, 5);
    const before = performance.now();
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    expect(performance.now() - before).toBeLessThan(1000);
    expect([daemon.child.exitCode, daemon.child.signalCode]).toEqual([0, null]);
    expect(daemon.stderr()).toContain('"msg":"stopped"');
    start();
    expect(await heldLoans(clients)).toEqual(loansOf(5));
  });

  test('told to stop in the middle of writes it loses none that was acknowledged', async () => {
    const clients = connect();
    const daemon = await startedUp();
    await deliver(clients.deliver, SLIVERS);
    let acknowledged = 0;
    const writing = Array.from({ length: 100 }, async (_, at) => {
      await setLoans(clients.write, at + 1);
      acknowledged = Math.max(acknowledged, at + 1);
    });
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(0), { interval: 1 });
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    expect(daemon.child.exitCode).toBe(0);
    start();
    await Promise.all(writing);
    expect(await heldLoans(clients)).toEqual(loansOf(100));
  });
});

describe('a second one', () => {
  test.each([
    ['with the same runtime directory', 'run', /another db-service runs already/],
    ['with another runtime directory', 'run2', /another db-service has this database/],
  ])(
    '%s on the same state says so in one line and exits 1; the first goes on',
    async (_how, run, why) => {
      const clients = connect();
      await startedUp();
      const second = start(run);
      await second.ended;
      expect(second.child.exitCode).toBe(1);
      expect(second.stderr()).toMatch(/^db-service: cannot start: [^\n]+\n$/);
      expect(second.stderr()).toMatch(why);
      expect(await deliver(clients.deliver, SLIVERS)).toMatchObject({ written: 3 });
    },
  );
});

describe('out of disk', () => {
  /** The kernel lets a process's files grow to so many bytes: prlimit(1), as the same user. */
  const letFilesGrow = (daemon: Daemon, soft: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', String(daemon.child.pid), `--fsize=${soft}:`]);

  test('it refuses writes as unavailable, answers reads, and takes writes again when there is room', async () => {
    const clients = connect();
    const daemon = await startedUp();
    await deliver(clients.deliver, SLIVERS);
    await setLoans(clients.write, 1);
    letFilesGrow(daemon, 1);
    for (let time = 0; time < 3; time++) {
      await expect(setLoans(clients.write, 2)).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('the database cannot be written'),
      });
    }
    expect(await heldLoans(clients)).toEqual(loansOf(1));
    await expect(deliver(clients.deliver, SLIVERS.slice(1))).rejects.toMatchObject({
      kind: 'unavailable',
    });
    const database = join(folder, 'state', 'db', 'nodemgr.sqlite');
    expect(await failuresOf(clients)).toMatchObject([
      { subject: 'database', action: 'write', reason: expect.stringContaining(database) },
    ]);
    letFilesGrow(daemon, 'unlimited');
    // Nobody writes, and it finds out by itself.
    await vi.waitFor(async () => expect(await failuresOf(clients)).toEqual([]), {
      timeout: 10_000,
    });
    await setLoans(clients.write, 3);
    expect(await heldLoans(clients)).toEqual(loansOf(3));
    await kill(daemon.child);
    start();
    expect(await heldLoans(clients)).toEqual(loansOf(3));
  });
});

describe('on a damaged database', () => {
  test('it starts all the same, and its status says what happened', async () => {
    const clients = connect();
    const database = join(folder, 'state', 'db', 'nodemgr.sqlite');
    mkdirSync(join(folder, 'state', 'db'), { recursive: true });
    writeFileSync(database, 'not a database at all, and longer than nothing');
    const daemon = await startedUp();
    const { detail } = await clients.operator.call('status', {}, IN_TIME);
    expect(detail.salvage?.set_aside).toContain(`${database}.damaged-`);
    expect(daemon.stderr()).toContain('the database is damaged and is set aside');
    expect(await deliver(clients.deliver, SLIVERS)).toMatchObject({ written: 3 });
  });
});

describe('operators', () => {
  test('an operator sees what the node holds, what the guard holds back, and lets it through', async () => {
    const clients = connect();
    start();
    const four = [...SLIVERS, aSliver({ name: 'd_d' })];
    await deliver(clients.deliver, four);
    const { timestamp } = anUpdate({ records: [] });
    const later = epochSeconds(timestamp + 1);
    const empty = { ...anUpdate({ records: [] }), timestamp: later, fresh: true };
    const { boot_id: _, ...params } = empty;
    const outcome = await clients.deliver.call(
      'full_update',
      { ...params, request_id: request_id(), records: [] },
      IN_TIME,
    );
    expect(outcome).toMatchObject({ outcome: 'refused' });
    const { detail, failures, process: name } = await clients.operator.call('status', {}, IN_TIME);
    expect(name).toBe('db-service');
    expect(detail).toMatchObject({
      records: { slivers: 4, delegates: 0, removed: 0 },
      sources: { plc: { timestamp, since_boot: true } },
      guard: [{ source: 'plc', would_remove: four.map(({ record_key }) => record_key) }],
      clock: { trusted: true },
    });
    expect(failures).toMatchObject([{ subject: 'guard: plc' }]);
    expect(await clients.operator.call('guard_allow', {}, IN_TIME)).toEqual([
      { source: 'plc', written: 0, removed: 4 },
    ]);
    const after = await clients.operator.call('status', {}, IN_TIME);
    expect(after.detail).toMatchObject({ records: { slivers: 0, removed: 4 }, guard: [] });
    expect(after.failures).toEqual([]);
  });

  test('an operator sees loans in and out with their verdicts, and gets a fault for a name that is not there', async () => {
    const clients = connect();
    start();
    await deliver(clients.deliver, SLIVERS);
    const loans: [string, string, number][] = [
      ['b_b', 'nm_cpu_share', 5],
      ['x_x', 'nm_cpu_share', 5],
    ];
    await clients.write.call('set_loans', { ...target(), loans }, IN_TIME);
    expect(await clients.operator.call('sliver', { name: 'a_a' }, IN_TIME)).toMatchObject({
      loans_out: [
        { loan: loans[0], verdict: 'counts' },
        { loan: loans[1], verdict: 'recipient is not a sliver on this node' },
      ],
    });
    expect(await clients.operator.call('sliver', { name: 'b_b' }, IN_TIME)).toMatchObject({
      loans_in: [{ lender: 'a_a', verdict: 'counts' }],
    });
    await expect(clients.operator.call('sliver', { name: 'x_x' }, IN_TIME)).rejects.toMatchObject({
      kind: 'bad-argument',
      message: "no such sliver: 'x_x'",
    });
  });
});
