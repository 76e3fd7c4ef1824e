/** Writes that share a commit, on a real database: what each of them is promised holds as if it were alone. */
import { join } from 'node:path';
import { accountName, epochSeconds, type Loan } from '@nodemgr/records';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  aSliver,
  deliverFresh,
  keyOf,
  openService,
  type Service,
  SILENT,
  temporaryFolder,
} from '../test-support/builders.test-support.ts';
import { commitWrites, type Write, WriteQueue } from './take-writes.ts';

const NAMES = ['a_a', 'b_b', 'c_c', 'd_d'];
const ALL = { limit: 1000 };

let file: string;
let service: Service;

function open(name: string): Service {
  file = join(temporaryFolder(), name);
  const opened = openService(file);
  onTestFinished(() => opened.loaded.store.close());
  deliverFresh(
    opened,
    NAMES.map((each) => aSliver({ name: each, rspec: { nm_cpu_share: 100 } })),
  );
  opened.published.length = 0;
  return opened;
}

beforeEach(() => {
  service = open('nodemgr.sqlite');
});

const optionsOf = ({ keeper }: Service) => ({ keeper, now: () => epochSeconds(0), log: SILENT });
const queue = () => new WriteQueue(optionsOf(service));

let requests = 0;
function aWrite(sliver: string, request: Write['request'], caller = 'root'): Write {
  requests += 1;
  return { request_id: `request-${requests}`, sliver: accountName(sliver), caller, request };
}
const lends = (lender: string, ...loans: Loan[]) => aWrite(lender, { act: 'set_loans', loans });
const start = (sliver: string, caller = 'root') => aWrite(sliver, { act: 'start' }, caller);

/** What another program reads in the file now. */
function startsInFile(): readonly number[] {
  const db = new Database(file, { readonly: true });
  const rows = db.prepare<[], { body: string }>('SELECT body FROM locals ORDER BY key').all();
  db.close();
  return rows.map(({ body }) => (JSON.parse(body) as { starts: number }).starts);
}

test('writes that arrive together share a commit, and none is answered before it is in the file', async () => {
  const waiting = queue();
  const before = service.keeper.position.revision;
  const seen = NAMES.map((name) => waiting.make(start(name)).then(startsInFile));
  expect(await Promise.all(seen)).toEqual(NAMES.map(() => [1, 1, 1, 1]));
  expect(service.keeper.position.revision).toBe(before + 1);
  const [change] = service.published;
  expect(service.published).toHaveLength(1);
  expect(change?.entries.map(({ key }) => key)).toEqual(NAMES.map(keyOf));
});

test('a write that is refused undoes no other of its commit', async () => {
  const waiting = queue();
  const [first, refused, last] = await Promise.allSettled([
    waiting.make(start('a_a')),
    waiting.make(start('x_x')),
    waiting.make(start('b_b')),
  ]);
  expect([first?.status, last?.status]).toEqual(['fulfilled', 'fulfilled']);
  expect(refused).toMatchObject({ reason: { message: "no such sliver: 'x_x'" } });
  expect(startsInFile()).toEqual([1, 1]);
});

test('writes to one sliver are made in their order, and each is in the history with its caller', async () => {
  const waiting = queue();
  const loan: Loan = ['b_b', 'nm_cpu_share', 10];
  const other: Loan = ['c_c', 'nm_cpu_share', 20];
  await Promise.all([
    waiting.make(lends('a_a', loan)),
    waiting.make(start('a_a', 'sliver a_a')),
    waiting.make(lends('a_a', other)),
  ]);
  expect(service.keeper.state.locals.get(keyOf('a_a'))).toMatchObject({
    loans: [other],
    starts: 1,
  });
  const { events } = service.keeper.events({ ...ALL, name: accountName('a_a') });
  const [moves, own] = [true, false].map((isMove) =>
    events.slice(1).filter(({ what }) => (what === 'effective-changed') === isMove),
  );
  expect(own).toMatchObject([
    { what: 'loans-set', why: 'lends 10 nm_cpu_share to b_b' },
    { what: 'started', by: { name: 'sliver a_a' } },
    { what: 'loans-set', why: 'lends 20 nm_cpu_share to c_c' },
  ]);
  expect(moves).toMatchObject([
    { why: 'nm_cpu_share 100 → 90 (10 is lent to b_b)' },
    { why: expect.stringContaining('90 → 80') },
  ]);
});

test('a retry that arrives beside what it repeats changes nothing, and is answered alike', async () => {
  const waiting = queue();
  const write = start('a_a');
  const [made, again] = await Promise.all([waiting.make(write), waiting.make(write)]);
  expect(again).toEqual(made);
  expect(await waiting.make(write)).toEqual(made);
  expect(startsInFile()).toEqual([1]);
});

test('hundreds of writes at once take several commits, between which others have their turn', async () => {
  const waiting = queue();
  const order: string[] = [];
  const made = Array.from({ length: 130 }, () => waiting.make(start('a_a')));
  const all = Promise.all(made).then(() => order.push('all are made'));
  setImmediate(() => setImmediate(() => order.push('something else')));
  await all;
  expect(order).toEqual(['something else', 'all are made']);
  expect(service.published).toHaveLength(3);
  expect(startsInFile()).toEqual([130]);
});

const request = fc.oneof(
  fc
    .array(
      fc.tuple(
        fc.constantFrom(...NAMES, 'x_x'),
        fc.constantFrom('nm_cpu_share', 'nm_disk_quota'),
        fc.integer({ min: 0, max: 80 }),
      ),
      { maxLength: 3 },
    )
    .map((loans) => ({ act: 'set_loans', loans }) as const),
  fc.constantFrom({ act: 'start' } as const, { act: 'stop' } as const),
);
const writes = fc.array(
  fc
    .record({
      sliver: fc.constantFrom(...NAMES, 'x_x').map(accountName),
      caller: fc.constantFrom('root', 'sliver a_a'),
      request,
    })
    .map((write) => write satisfies Omit<Write, 'request_id'>),
  { maxLength: 12 },
);

/** What the writes have left behind: state, what the feed comes to, history, and who was refused why. */
function leftBy({ keeper, published }: Service, outcomes: ReturnType<typeof commitWrites>) {
  const feed = new Map(published.flatMap(({ entries }) => entries).map((e) => [e.key, e.item]));
  const { events } = keeper.events(ALL);
  const refusals = outcomes.map((each) => ('refused' in each ? String(each.refused) : 'made'));
  const { records, locals } = keeper.state;
  const allocations = keeper.derived.allocations;
  return { records, locals, allocations, events, refusals, feed };
}

test('writes in one commit leave what the same writes leave one after the other', () => {
  fc.assert(
    fc.property(writes, (given) => {
      const all = given.map((write, at) => ({ ...write, request_id: `property-${at}` }));
      const [together, apart] = [openService(':memory:'), openService(':memory:')];
      for (const each of [together, apart]) {
        deliverFresh(
          each,
          NAMES.map((name) => aSliver({ name, rspec: { nm_cpu_share: 100 } })),
        );
      }
      const shared = commitWrites(optionsOf(together), all);
      const single = all.flatMap((write) => commitWrites(optionsOf(apart), [write]));
      const { feed: merged, ...left } = leftBy(together, shared);
      const { feed, ...wanted } = leftBy(apart, single);
      expect(left).toEqual(wanted);
      // What came back to what it was need not be told.
      for (const [key, item] of merged) expect(feed.get(key)).toEqual(item);
      for (const each of [together, apart]) each.loaded.store.close();
    }),
    { numRuns: 100 },
  );
});
