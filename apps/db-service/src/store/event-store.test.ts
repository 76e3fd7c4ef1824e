/** The history in a real file: in the transaction of what it tells of, bounded, and kept by migrations. */
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { EventKind, NodeEvent } from '@nodemgr/contracts';
import { accountName, epochSeconds, revision } from '@nodemgr/records';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  acceptTicket,
  anUpdate,
  aSliver,
  DAY,
  FakeClock,
  keyOf,
  NOON,
  openService,
  READABLE,
  type Service,
  SILENT,
  temporaryFolder,
} from '../test-support/builders.test-support.ts';
import { WriteQueue, writeHandlers } from '../writes/take-writes.ts';
import { EventStore } from './event-store.ts';
import { openDatabase, type Sqlite } from './open-database.ts';

const A = accountName('a_a');
const B = accountName('b_b');
const ALL = { limit: 10_000 };

const anEvent = (at: number, account = A, what: EventKind = 'started'): NodeEvent => ({
  at,
  account,
  what,
  why: `at ${at}`,
  by: { kind: 'api-caller', name: 'root' },
});

let file: string;
beforeEach(() => {
  file = join(temporaryFolder(), 'nodemgr.sqlite');
});

function open(clock = new FakeClock()): Service {
  const service = openService(file, { clock });
  onTestFinished(() => service.loaded.store.close());
  return service;
}

function deliver(service: Service, records: readonly ReturnType<typeof aSliver>[], later = 0) {
  const { source, digest } = anUpdate({ records });
  const timestamp = epochSeconds(NOON + later);
  return service.deliveries.full({
    request_id: 'request-1',
    source,
    timestamp,
    digest,
    fresh: true,
    ...READABLE,
    records: [...records],
  });
}

const kindsOf = ({ keeper }: Service, query: Partial<typeof ALL> & { name?: typeof A } = {}) =>
  keeper.events({ ...ALL, ...query }).events.map(({ account, what }) => `${account} ${what}`);

describe('history', () => {
  test('the history has what a delivery changed, with the time of the change', () => {
    const clock = new FakeClock();
    const service = open(clock);
    deliver(service, [aSliver({ name: 'a_a' }), aSliver({ name: 'b_b' })]);
    clock.pass(60);
    deliver(service, [aSliver({ name: 'a_a' })], 60);
    expect(kindsOf(service)).toEqual([
      'a_a record-created',
      'b_b record-created',
      'b_b record-removed',
    ]);
    expect(service.keeper.events(ALL).events.at(-1)).toMatchObject({ at: (NOON + 60) * 1000 });
  });

  test('the history of a document delivered twice is written once, and not a byte more', () => {
    const service = open();
    deliver(service, [aSliver({ name: 'a_a' })]);
    const { digest } = anUpdate({ records: [] });
    const before = service.keeper.events(ALL);
    const same = {
      request_id: 'request-2',
      source: 'plc' as const,
      timestamp: epochSeconds(NOON),
      digest,
      fresh: true,
      ...READABLE,
      records: [aSliver({ name: 'a_a' })],
    };
    service.deliveries.full(same);
    service.deliveries.full(same);
    expect(service.keeper.events(ALL)).toEqual(before);
  });

  test('the history survives a restart, and the removal of the record that it is about', () => {
    const service = openService(file);
    deliver(service, [aSliver({ name: 'a_a' }), aSliver({ name: 'b_b' })]);
    deliver(service, [aSliver({ name: 'b_b' })], 1);
    service.loaded.store.close();
    expect(kindsOf(open(), { name: A })).toEqual(['a_a record-created', 'a_a record-removed']);
  });

  test('the history of a call that cannot be made durable is not written either', async () => {
    const service = open();
    deliver(service, [aSliver({ name: 'a_a' })]);
    const write = writeHandlers(
      new WriteQueue({ keeper: service.keeper, now: () => epochSeconds(0), log: SILENT }),
    );
    const request = { request_id: 'request-1', sliver: A, caller: 'root' };
    await write.stop(request);
    const before = kindsOf(service);
    // The same request id once more, behind the keeper's back: the transaction fails at its end.
    expect(() =>
      service.loaded.store.commit({
        rows: [],
        revision: revision(9),
        requests: [{ id: 'request-1', at: 0 }],
        events: [anEvent(1)],
      }),
    ).toThrow(/UNIQUE/);
    expect(kindsOf(service)).toEqual(before);
  });

  test('that happens while the clock was never set comes after what was, and is not forgotten when it is set', () => {
    const first = openService(file);
    deliver(first, [aSliver({ name: 'a_a' })]);
    first.loaded.store.close();
    const clock = new FakeClock();
    clock.isSynchronised = false;
    clock.wall = 1000;
    const service = open(clock);
    clock.pass(60);
    deliver(service, [aSliver({ name: 'b_b' })], 60);
    clock.isSynchronised = true;
    clock.wall = NOON + 120;
    clock.pass(400);
    service.deliveries.sweep();
    clock.pass(400);
    service.deliveries.sweep();
    expect(kindsOf(service)).toEqual([
      'a_a record-created',
      'a_a record-removed',
      'b_b record-created',
    ]);
  });

  test('older than 30 days is forgotten, once the clock can be trusted', () => {
    const clock = new FakeClock();
    const service = open(clock);
    deliver(service, [aSliver({ name: 'a_a' })]);
    clock.pass(31 * DAY);
    clock.isSynchronised = false;
    service.deliveries.sweep();
    expect(kindsOf(service)).toEqual(['a_a record-created']);
    clock.isSynchronised = true;
    service.deliveries.sweep();
    expect(kindsOf(service)).toEqual([]);
  });
});

describe('store', () => {
  let db: Sqlite;
  let store: EventStore;
  beforeEach(() => {
    db = openDatabase(file, new Date(), () => {});
    onTestFinished(() => void db.close());
    store = new EventStore(db, { own: 3, byOthers: 2 });
  });

  test('the store keeps the newest of each account, and of those that others cause a few besides', () => {
    for (let at = 1; at <= 9; at += 1) {
      store.add(anEvent(at));
      store.add(anEvent(at, A, 'effective-changed'));
    }
    store.add(anEvent(1, B));
    const times = (name: typeof A) => store.list({ ...ALL, name }).events.map(({ at }) => at);
    expect(times(A)).toEqual([7, 8, 8, 9, 9]);
    expect(times(B)).toEqual([1]);
  });

  test('the store gives the newest of those that match, and says that there are more', () => {
    for (const at of [1, 2, 3]) store.add(anEvent(at));
    store.add(anEvent(2, B));
    const answer = store.list({ limit: 2, since: 2 });
    expect(answer.events.map(({ at, account }) => `${at} ${account}`)).toEqual(['2 b_b', '3 a_a']);
    expect(answer.more).toBe(true);
    expect(store.list({ limit: 3, since: 2 }).more).toBe(false);
  });

  test('the store passes over an event that cannot be read', () => {
    for (const at of [1, 2]) store.add(anEvent(at));
    db.exec("UPDATE events SET body = '{' WHERE n = 1");
    expect(store.list(ALL).events.map(({ at }) => at)).toEqual([2]);
  });
});

describe('older databases', () => {
  test('a database of an older version with a history keeps it, and takes tickets from then on', () => {
    copyFileSync(resolve('apps/db-service/fixtures/schema-2.sqlite'), file);
    const service = open();
    const { badRows, salvage } = service.loaded;
    expect({ badRows, salvage }).toEqual({ badRows: [], salvage: undefined });
    expect(kindsOf(service)).toEqual(['mit_dht started']);
    acceptTicket(service, aSliver({ name: 'site_ticketed', plc_instantiated: false }));
    service.loaded.store.close();
    const { keeper } = open();
    expect(keeper.state.lastWords.get(keyOf('site_ticketed'))?.issued).toBe(NOON);
  });

  test('a database of before there were remarks takes them in, and what its guard holds back is let through', () => {
    copyFileSync(resolve('apps/db-service/fixtures/schema-3.sqlite'), file);
    const service = open();
    const { badRows, salvage } = service.loaded;
    expect({ badRows, salvage }).toEqual({ badRows: [], salvage: undefined });
    expect(service.keeper.state.holds.get('plc')).toMatchObject({ unusable: [], remarks: [] });
    expect(service.deliveries.allow()).toMatchObject([{ source: 'plc', removed: 4 }]);
    const remarks = [{ severity: 'trouble', text: 'line 1: x' }] as const;
    const { source, timestamp, digest } = anUpdate({ timestamp: NOON + 3, records: [] });
    const update = { request_id: 'request-9', source, timestamp, digest, fresh: true, records: [] };
    service.deliveries.full({ ...update, ...READABLE, remarks: [...remarks] });
    service.loaded.store.close();
    expect([...open().keeper.state.remarks]).toEqual([['plc', { source: 'plc', remarks }]]);
  });

  test('a database of an older version is migrated with all that it holds, and keeps a history from then on', async () => {
    copyFileSync(resolve('apps/db-service/fixtures/schema-1.sqlite'), file);
    const service = open();
    const { badRows, salvage, state } = service.loaded;
    expect({ badRows, salvage }).toEqual({ badRows: [], salvage: undefined });
    expect([...state.records.keys()]).toHaveLength(5);
    expect(state.locals.get(keyOf('princeton_sirius'))?.loans).toHaveLength(1);
    expect(kindsOf(service)).toEqual([]);
    const write = writeHandlers(
      new WriteQueue({ keeper: service.keeper, now: () => epochSeconds(0), log: SILENT }),
    );
    const sliver = accountName('mit_dht');
    await write.start({ request_id: 'request-9', sliver, caller: 'sliver mit_dht' });
    expect(service.keeper.events(ALL).events).toMatchObject([
      { account: 'mit_dht', what: 'started', by: { kind: 'api-caller', name: 'sliver mit_dht' } },
    ]);
  });
});
