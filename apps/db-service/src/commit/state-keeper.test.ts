/** Commits on a real database: durable or nothing, also when the disk is full or the file breaks. */
import { join } from 'node:path';
import type { FeedChange } from '@nodemgr/contracts';
import { FailureBoard } from '@nodemgr/daemon';
import { accountName, epochSeconds, revision } from '@nodemgr/records';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Row } from '../store/node-state.ts';
import { openDatabase, type Sqlite } from '../store/open-database.ts';
import { RowStore } from '../store/row-store.ts';
import {
  aSliver,
  BY_ROOT,
  keyOf,
  localFacts,
  SILENT,
  stateWith,
  TERMS,
  temporaryFolder,
} from '../test-support/builders.test-support.ts';
import { WriteQueue, writeHandlers } from '../writes/take-writes.ts';
import { StateKeeper } from './state-keeper.ts';

let db: Sqlite;
let store: RowStore;
let published: FeedChange[];
let damaged: unknown[];
let failures: FailureBoard;
let keeper: StateKeeper;

const NOW = 1_700_000_000_000;
const sliver = aSliver();
const starts = (starts: number, ssh_keys = ''): Row[] => [
  { table: 'locals', key: keyOf(sliver.name), value: localFacts({ starts }) },
  {
    table: 'records',
    key: sliver.record_key,
    value: { record: { ...sliver, ssh_keys }, source: 'plc' },
  },
];

beforeEach(() => {
  const file = join(temporaryFolder(), 'nodemgr.sqlite');
  db = openDatabase(file, new Date(), () => {});
  onTestFinished(() => void db.close());
  store = new RowStore(db, 3);
  published = [];
  damaged = [];
  failures = new FailureBoard();
  keeper = new StateKeeper({
    store,
    state: stateWith([sliver]),
    revision: revision(0),
    terms: TERMS,
    publish: (change) => published.push(change),
    now: () => NOW,
    eventMs: () => NOW,
    failures,
    damaged: (error) => damaged.push(error),
  });
});

const rowsInFile = () =>
  db
    .prepare<[], { body: string }>('SELECT body FROM locals')
    .all()
    .map(({ body }) => body);

describe('commits', () => {
  test('a commit is published once it is durable, as the next revision', () => {
    expect(keeper.commit(starts(1), BY_ROOT)).toBe(1);
    expect(keeper.commit(starts(2), BY_ROOT)).toBe(2);
    expect(published.map(({ revision }) => revision)).toEqual([1, 2]);
    expect(published[1]?.entries).toMatchObject([{ key: sliver.record_key }]);
    expect(store.revision()).toBe(2);
  });

  test('a commit of nothing writes nothing', () => {
    const before = db.prepare('SELECT total_changes() AS n').get();
    expect(keeper.commit([], BY_ROOT)).toBe(0);
    expect(db.prepare('SELECT total_changes() AS n').get()).toEqual(before);
    expect(published).toEqual([]);
  });

  test('a commit of a row that nobody can see is durable, and no new revision', () => {
    keeper.commit(starts(1), BY_ROOT);
    const timestamp = epochSeconds(5);
    const source = { timestamp, digest: 'a', boot_id: 'b' };
    keeper.commit([{ table: 'sources', key: 'plc', value: source }], BY_ROOT);
    expect(keeper.commit([{ table: 'holds', key: 'plc', value: undefined }], BY_ROOT)).toBe(2);
    expect(published).toHaveLength(2);
  });
});

describe('with the disk full', () => {
  /** SQLite refuses to grow the file by a page, as it does when write(2) answers ENOSPC. */
  const fillDisk = () => db.pragma('max_page_count = 1');
  const big = starts(7, 'k'.repeat(100_000));

  test('a commit fails as unavailable and changes nothing anywhere', () => {
    keeper.commit(starts(1), BY_ROOT);
    const [state, rows] = [keeper.state, rowsInFile()];
    fillDisk();
    expect(() => keeper.commit(big, BY_ROOT, { id: 'request-1', at: 0 })).toThrow(
      expect.objectContaining({
        kind: 'unavailable',
        message: 'the database cannot be written: database or disk is full',
      }),
    );
    expect(keeper.state).toBe(state);
    expect(keeper.position.revision).toBe(1);
    expect(published).toHaveLength(1);
    expect(rowsInFile()).toEqual(rows);
    expect(keeper.answeredAt('request-1')).toBeUndefined();
    expect(damaged).toEqual([]);
  });

  test('a change that there is no room for takes no other of its commit with it', () => {
    keeper.commit(starts(1), BY_ROOT);
    const pages = db.pragma('page_count', { simple: true }) as number;
    db.pragma(`max_page_count = ${pages + 4}`);
    const changes = [starts(2), big, starts(3)].map((rows, at) => ({
      decide: () => rows,
      cause: BY_ROOT,
      request: { id: `request-${at}`, at: 0 },
    }));
    const outcomes = keeper.commitTogether(changes);
    expect(outcomes).toMatchObject([
      { revision: 2, changed: true },
      { refused: { kind: 'unavailable' } },
      { revision: 3, changed: true },
    ]);
    expect(rowsInFile()).toEqual([expect.stringContaining('"starts":3')]);
    expect(published.map(({ revision }) => revision)).toEqual([1, 2, 3]);
    expect(keeper.answeredAt('request-1')).toBeUndefined();
  });

  test('reads go on, and commits too once there is room again', () => {
    keeper.commit(starts(1), BY_ROOT);
    fillDisk();
    expect(() => keeper.commit(big, BY_ROOT)).toThrow();
    expect(keeper.snapshot().entries).toHaveLength(2);
    db.pragma('max_page_count = 1000000');
    expect(keeper.commit(big, BY_ROOT)).toBe(2);
    expect(rowsInFile()).toEqual([expect.stringContaining('"starts":7')]);
  });

  test('a refused commit is shown, with the file and the reason, until a commit succeeds', () => {
    fillDisk();
    expect(() => keeper.commit(big, BY_ROOT)).toThrow();
    expect(() => keeper.commit(big, BY_ROOT)).toThrow();
    expect(failures.list()).toMatchObject([
      {
        subject: 'database',
        action: 'write',
        attempts: 2,
        reason: `${db.name}: database or disk is full (SQLITE_FULL)`,
      },
    ]);
    db.pragma('max_page_count = 1000000');
    keeper.commit(big, BY_ROOT);
    expect(failures.list()).toEqual([]);
  });

  test('what writes nothing, and what only reads, does not count as a success', () => {
    fillDisk();
    expect(() => keeper.commit(big, BY_ROOT)).toThrow();
    keeper.commit([], BY_ROOT);
    keeper.forgetEvents(NOW);
    keeper.answeredAt('request-1');
    expect(failures.list()).toMatchObject([{ subject: 'database', action: 'write' }]);
  });

  test('a small probe that finds room does not hide that what was refused still finds none', () => {
    keeper.commit(starts(1), BY_ROOT);
    const pages = db.pragma('page_count', { simple: true }) as number;
    db.pragma(`max_page_count = ${pages + 10}`);
    expect(() => keeper.commit(big, BY_ROOT)).toThrow();
    keeper.tryAgain();
    expect(failures.list()).toMatchObject([{ subject: 'database', attempts: 2 }]);
    db.pragma('max_page_count = 1000000');
    keeper.tryAgain();
    expect(failures.list()).toEqual([]);
    expect(keeper.position.revision).toBe(1);
    expect(db.prepare("SELECT count(*) AS n FROM meta WHERE key = 'probe'").get()).toEqual({
      n: 0,
    });
  });
});

describe('with the file damaged while it is open', () => {
  test('a commit fails as unavailable, and whoever can start anew is told', () => {
    keeper.commit(starts(1), BY_ROOT);
    const corrupt = Object.assign(new Error('database disk image is malformed'), {
      code: 'SQLITE_CORRUPT',
    });
    const broken = new StateKeeper({
      // A store whose disk breaks at the next touch: SQLite cannot be made to on request.
      store: {
        commit() {
          throw corrupt;
        },
        answeredAt() {
          throw corrupt;
        },
      } as unknown as RowStore,
      state: keeper.state,
      revision: revision(1),
      terms: TERMS,
      publish: (change) => published.push(change),
      now: () => 0,
      eventMs: () => 0,
      failures,
      damaged: (error) => damaged.push(error),
    });
    for (const act of [
      () => broken.commit(starts(2), BY_ROOT),
      () => broken.answeredAt('request-1'),
    ]) {
      expect(act).toThrow(expect.objectContaining({ kind: 'unavailable' }));
    }
    expect(damaged).toEqual([corrupt, corrupt]);
    expect(broken.state).toBe(keeper.state);
  });
});

describe('writes', () => {
  const target = { sliver: accountName('princeton_sirius'), caller: 'root' };
  const handlers = () =>
    writeHandlers(new WriteQueue({ keeper, now: () => epochSeconds(0), log: SILENT }));
  const factsOf = () => keeper.state.locals.get(sliver.record_key);

  test('a write is answered with the revision at which it can be seen', async () => {
    const request_id = 'request-1';
    expect(await handlers().set_loans({ ...target, request_id, loans: [] })).toEqual({
      revision: 0,
    });
    expect(await handlers().stop({ ...target, request_id: 'request-2' })).toEqual({ revision: 1 });
    expect(published).toHaveLength(1);
  });

  test('asked twice with one request id is done once, and answered alike', async () => {
    const request = { ...target, request_id: 'request-1' };
    expect(await handlers().start(request)).toEqual({ revision: 1 });
    await handlers().stop({ ...target, request_id: 'request-2' });
    expect(await handlers().start(request)).toEqual({ revision: 1 });
    const stop = { stopped: true, stopped_by: 'root', stopped_at: epochSeconds(0) };
    expect(factsOf()).toEqual(localFacts({ starts: 1, ...stop }));
  });

  test('that changed nothing does not undo a later one when it is asked again', async () => {
    const first = { ...target, request_id: 'request-1', loans: [] };
    await handlers().set_loans(first);
    const loans: [string, string, number][] = [['b_b', 'nm_cpu_share', 1]];
    await handlers().set_loans({ ...target, request_id: 'request-2', loans });
    await handlers().set_loans(first);
    expect(factsOf()?.loans).toEqual(loans);
  });

  test('a write is remembered by its request id as long as few have followed it; the memory is bounded', async () => {
    for (let at = 1; at <= 10; at++) {
      await handlers().start({ ...target, request_id: `request-${at}` });
    }
    const known = Array.from({ length: 10 }, (_, at) => keeper.answeredAt(`request-${at + 1}`));
    expect(known).toEqual([...Array(7).fill(undefined), 8, 9, 10]);
  });

  test('a write to a sliver that is not there is no request to remember', async () => {
    const request = { sliver: accountName('x_x'), caller: 'root', request_id: 'request-1' };
    await expect(handlers().stop(request)).rejects.toThrow("no such sliver: 'x_x'");
    expect(keeper.answeredAt('request-1')).toBeUndefined();
  });
});
