/** The database on real files, whole and damaged: it opens whatever happened. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { epochSeconds } from '@nodemgr/records';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  anUpdate,
  aSliver,
  BY_ROOT,
  deliverFresh,
  FakeClock,
  keyOf,
  localFacts,
  NOON,
  openService,
  READABLE,
  SILENT,
  temporaryFolder,
} from '../test-support/builders.test-support.ts';
import { loadState } from './load-state.ts';
import { FORGOTTEN, type NodeState, type Row } from './node-state.ts';
import { successorOf } from './set-aside.ts';

const PAGE = 4096;
/** Enough to spread over a hundred pages; keys differ in size so that some spill over. */
const SLIVERS = Array.from({ length: 200 }, (_, at) =>
  aSliver({ name: `s_${at}`, ssh_keys: `ssh-ed25519 ${'A'.repeat((at * 37) % 6000)}` }),
);

const NAME = 'nodemgr.sqlite';
let file: string;
beforeEach(() => {
  file = join(temporaryFolder(), 'db', NAME);
});

/** The files of a database of a node that has been in use, and what it holds: 200 commits, made once. */
let filled: { readonly folder: string; readonly state: NodeState };
beforeAll(() => {
  const folder = join(mkdtempSync(join(tmpdir(), 'filled-')), 'db');
  filled = { folder, state: make(join(folder, NAME)) };
});
afterAll(() => rmSync(dirname(filled.folder), { recursive: true }));

/** Puts that database in place; returns what it holds. */
function fill(): NodeState {
  cpSync(filled.folder, dirname(file), { recursive: true });
  return filled.state;
}

/** Writes that database to `target`; returns what it holds. */
function make(target: string): NodeState {
  const service = openService(target);
  const { keeper, loaded } = service;
  deliverFresh(service, SLIVERS);
  for (const { record_key } of SLIVERS) {
    const row: Row = { table: 'locals', key: record_key, value: localFacts({ starts: 1 }) };
    keeper.commit([row], BY_ROOT);
  }
  loaded.store.close();
  return keeper.state;
}

/** Opens the database, closes it, and returns what it held and said. */
function load() {
  const { store, ...loaded } = loadState(file, SILENT);
  store.close();
  return loaded;
}

/** The damaged files that are kept, without SQLite's companions of each. */
const asideFiles = () =>
  readdirSync(dirname(file))
    .filter((name) => name.includes('.damaged-') && !/-(wal|shm)$/.test(name))
    .sort();

/** Whatever is there was there before the damage: nothing is made up, nothing is half. */
function expectPartOf(whole: NodeState, part: NodeState): void {
  for (const table of ['records', 'locals'] as const) {
    for (const [key, value] of part[table]) expect(value).toEqual(whole[table].get(key));
  }
}

function overwrite(offset: number, bytes: Uint8Array): void {
  const content = readFileSync(file);
  content.set(bytes.subarray(0, Math.max(0, content.length - offset)), offset);
  writeFileSync(file, content);
}

function inFile(sql: string, ...args: unknown[]): void {
  const db = new Database(file);
  db.prepare(sql).run(...args);
  db.close();
}

describe('databases', () => {
  test('that is not there yet is made, empty, for its owner alone', () => {
    const loaded = load();
    expect(loaded.state.records.size).toBe(0);
    expect(loaded).toMatchObject({ revision: 0, salvage: undefined, badRows: [] });
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  });

  test('that is whole is opened as it was, and nothing is set aside', () => {
    const state = fill();
    expect(load()).toMatchObject({ state, salvage: undefined, badRows: [] });
    expect(asideFiles()).toEqual([]);
  });

  test('that was written before slivers had an image gives each the default one', () => {
    const state = fill();
    inFile("UPDATE records SET body = json_remove(body, '$.image')");
    expect(load()).toMatchObject({ state, badRows: [] });
  });

  test('a database of a newer version is refused with both versions named, and left exactly as it was', () => {
    fill();
    inFile('PRAGMA user_version = 99');
    const before = readFileSync(file);
    expect(load).toThrow(/schema version 99, this program knows up to 4: install the version/);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(asideFiles()).toEqual([]);
  });
});

describe('unusable rows', () => {
  test.each([
    ['is no JSON', '{"record_key":'],
    ['is no record', '{"record_key":"sliver_s_7"}'],
    ['is another’s', JSON.stringify(aSliver({ name: 's_8' }))],
  ])('because it %s holds up only itself, and its source delivers again', (_why, body) => {
    const state = fill();
    inFile('UPDATE records SET body = ? WHERE key = ?', body, 'sliver_s_7');
    const loaded = load();
    expect(loaded.badRows).toMatchObject([{ table: 'records', key: 'sliver_s_7' }]);
    expect(loaded.state.records.size).toBe(SLIVERS.length - 1);
    expectPartOf(state, loaded.state);
    // Nor does any document of this boot count, or the account would go for want of its record.
    expect(loaded.state.sources.get('plc')).toEqual({
      timestamp: NOON,
      digest: undefined,
      boot_id: undefined,
    });
    expect(loaded.salvage).toBeUndefined();
  });

  test('a row that cannot be used is replaced when its source delivers again', () => {
    fill();
    inFile("UPDATE records SET body = '?' WHERE key = ?", 'sliver_s_7');
    const { deliveries, keeper, loaded } = openService(file);
    const { source, digest } = anUpdate({ records: SLIVERS });
    const timestamp = epochSeconds(NOON + 1);
    const params = { request_id: 'request-2', source, timestamp, digest, fresh: true, ...READABLE };
    expect(deliveries.full({ ...params, records: SLIVERS })).toMatchObject({ written: 1 });
    loaded.store.close();
    expect(load()).toMatchObject({ state: keeper.state, badRows: [] });
  });

  test.each(['locals', 'sources', 'removed', 'holds'])(
    'a row that cannot be used of %s stops nothing',
    (table) => {
      fill();
      inFile(`INSERT OR REPLACE INTO ${table} (key, body) VALUES ('plc', '[]')`);
      expect(load().badRows).toMatchObject([{ table, key: 'plc' }]);
      expect(asideFiles()).toEqual([]);
    },
  );

  test('because damage has left it no key is named so, and stops nothing', () => {
    const { records } = fill();
    // SQLite itself writes no such row, but reads one from a page that is damaged.
    inFile('ALTER TABLE records RENAME TO whole');
    inFile('CREATE TABLE records (key TEXT, source TEXT NOT NULL, body TEXT NOT NULL) STRICT');
    inFile('CREATE UNIQUE INDEX records_by_key ON records (key)');
    inFile('INSERT INTO records SELECT key, source, body FROM whole');
    inFile('INSERT INTO records SELECT NULL, source, body FROM whole LIMIT 1');
    const { state, badRows } = load();
    expect(new Set(state.records.keys())).toEqual(new Set(records.keys()));
    expect(badRows).toMatchObject([{ table: 'records', key: 'null' }]);
  });

  test('a row that cannot be used of remarks is dropped, and its source says again what there is to remark', () => {
    const state = fill();
    inFile("INSERT INTO remarks (key, body) VALUES ('plc sliver_s_7', '[]')");
    expect(load().badRows).toMatchObject([{ table: 'remarks', key: 'plc sliver_s_7' }]);
    const again = load();
    expect(again.badRows).toEqual([]);
    expect(again.state.records).toEqual(state.records);
    expect(again.state.sources.get('plc')?.digest).toBeUndefined();
  });

  test('a row that cannot be used of the revision or of the last salvage stops nothing, and the revision still grows', () => {
    fill();
    const before = load().revision;
    inFile("INSERT OR REPLACE INTO meta (key, value) VALUES ('revision', 'x'), ('salvage', 'x')");
    const loaded = load();
    expect(loaded.revision).toBeGreaterThan(before);
    expect(loaded.salvage).toBeUndefined();
  });
});

describe('lost last words', () => {
  /** Makes each slice's word bear a time of its own. */
  function say(...names: readonly string[]): void {
    const { keeper, loaded } = openService(file);
    const rows = names.map((name, at): Row => {
      const value = { issued: epochSeconds(NOON + 10 + at) };
      return { table: 'last_words', key: keyOf(name), value };
    });
    keeper.commit(rows, BY_ROOT);
    loaded.store.close();
  }
  const LOST = { issued: expect.any(Number), untimed: true };

  test('because its row is bad counts as said now, on its slice alone', () => {
    fill();
    say('a_a', 'b_b', 'c_c');
    inFile("UPDATE last_words SET body = '?' WHERE key = ?", keyOf('a_a'));
    const { state, badRows } = load();
    expect(badRows).toMatchObject([{ table: 'last_words', key: keyOf('a_a') }]);
    expect(state.lastWords.get(keyOf('a_a'))).toEqual(LOST);
    expect(state.lastWords.get(keyOf('b_b'))).toEqual({ issued: NOON + 11 });
    expect(state.lastWords.has(FORGOTTEN)).toBe(false);
    const again = load();
    expect([again.badRows, again.state.lastWords]).toEqual([[], state.lastWords]);
  });

  test('because the row of PLC’s own record is bad is so too', () => {
    fill();
    inFile("UPDATE records SET body = '?' WHERE key IN ('sliver_s_7')");
    const { state, badRows } = load();
    expect(badRows).toHaveLength(1);
    expect([...state.lastWords]).toEqual([[keyOf('s_7'), LOST]]);
    // Nothing is lost anew with each start, and the source delivers all again if it has not by then.
    const again = load();
    expect([again.badRows, again.state.lastWords]).toEqual([[], state.lastWords]);
    expect(again.state.sources.get('plc')?.digest).toBeUndefined();
  });

  test.each(['forgotten', 'no slice at all'])(
    'under the key ‘%s’ is on all not remembered',
    (key) => {
      fill();
      say('a_a');
      inFile("INSERT INTO last_words (key, body) VALUES (?, '?')", key);
      const { state } = load();
      expect([...state.lastWords.keys()]).toEqual([keyOf('a_a'), FORGOTTEN]);
      expect(state.lastWords.get(FORGOTTEN)).toEqual(LOST);
      const again = load();
      expect([again.badRows, again.state.lastWords]).toEqual([[], state.lastWords]);
    },
  );

  test('a last word that is lost is reported once to the operator, with what it means', () => {
    fill();
    say('a_a');
    inFile("UPDATE last_words SET body = '?'");
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => lines.push(line) });
    for (let start = 0; start < 2; start++) loadState(file, log).store.close();
    const said = lines.filter((line) => line.includes('its authority must sign a new one'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('"on":["sliver_a_a"]');
  });

  test.each([
    [
      'one page',
      () => overwrite(Math.floor(statSync(file).size / PAGE / 2) * PAGE, Buffer.alloc(PAGE, 7)),
    ],
    ['the header', () => overwrite(0, Buffer.alloc(100, 7))],
  ])('may be any when %s is damaged: nobody knows what was there', (_what, damage) => {
    fill();
    say('a_a', 'b_b');
    damage();
    const { state, salvage } = load();
    expect(salvage).toBeDefined();
    expect(state.lastWords.get(FORGOTTEN)).toEqual(LOST);
    expect(load().state).toEqual(state);
  });
});

describe('damaged databases', () => {
  test.each([
    ['of no length', () => writeFileSync(file, '')],
    [
      'of text',
      () => writeFileSync(file, 'These are not the rows you are looking for.\n'.repeat(999)),
    ],
    ['of zeros', () => writeFileSync(file, Buffer.alloc(10 * PAGE))],
    ['with no header', () => overwrite(0, Buffer.alloc(100, 7))],
    ['without its tables', () => inFile('DROP TABLE records')],
    ['whose version was lost', () => inFile('PRAGMA user_version = 0')],
  ])('%s is set aside as it was, and the reason is kept and shown', (_what, damage) => {
    fill();
    damage();
    const before = readFileSync(file);
    const loaded = load();
    const [aside = ''] = asideFiles();
    expect(loaded.salvage).toMatchObject({ set_aside: join(dirname(file), aside) });
    expect(loaded.salvage?.reason).not.toBe('');
    expect(readFileSync(join(dirname(file), aside)).equals(before)).toBe(true);
    expect(load().salvage).toEqual(loaded.salvage);
    expect(asideFiles()).toHaveLength(1);
  });

  test('a damaged database gives every row that is not on a damaged page', () => {
    const state = fill();
    const pages = statSync(file).size / PAGE;
    // Two pages far apart: what lies between them is found by the index of keys.
    for (const page of [0.4, 0.6])
      overwrite(Math.floor(pages * page) * PAGE, Buffer.alloc(PAGE, 7));
    const loaded = load();
    expectPartOf(state, loaded.state);
    expect(loaded.state.records.size).toBeGreaterThan(SLIVERS.length - 20);
  });

  test('a damaged database gives the remarks on what its sources say, so that none is noted anew', () => {
    fill();
    const service = openService(file);
    const { source, timestamp, digest } = anUpdate({ timestamp: NOON + 1, records: SLIVERS });
    const remarks = [{ severity: 'trouble' as const, text: 'line 1: x' }];
    const update = { request_id: 'request-3', source, timestamp, digest, fresh: true };
    service.deliveries.full({ ...update, records: SLIVERS, unreadable: [], remarks });
    service.loaded.store.close();
    inFile('PRAGMA user_version = 0');
    const { state, salvage } = load();
    expect(salvage).toBeDefined();
    expect([...state.remarks]).toEqual([['plc', { source: 'plc', remarks }]]);
  });

  test('a damaged database gives the history that is not on a damaged page', () => {
    fill();
    const whole = openService(file);
    const before = whole.keeper.events({ limit: 10_000 }).events;
    whole.loaded.store.close();
    overwrite(Math.floor(statSync(file).size / PAGE / 2) * PAGE, Buffer.alloc(PAGE, 7));
    const salvaged = openService(file);
    const { events } = salvaged.keeper.events({ limit: 10_000 });
    salvaged.loaded.store.close();
    expect(events.length).toBeGreaterThan(before.length - 100);
    for (const event of events) expect(before).toContainEqual(event);
  });

  test('a damaged database loses its sources, so that they deliver again, and its revision still grows', () => {
    fill();
    const { revision } = load();
    overwrite(Math.floor(statSync(file).size / PAGE / 2) * PAGE, Buffer.alloc(PAGE, 7));
    const loaded = load();
    expect(loaded.salvage).toBeDefined();
    expect(loaded.state.sources.size).toBe(0);
    expect(loaded.revision).toBeGreaterThan(revision);
    expect(load().revision).toBe(loaded.revision);
  });

  test('a damaged database works again at once, and what is delivered then is kept', () => {
    const state = fill();
    overwrite(3 * PAGE, Buffer.alloc(5 * PAGE, 7));
    const service = openService(file);
    const { source, timestamp, digest } = anUpdate({ records: SLIVERS });
    const params = { request_id: 'request-2', source, timestamp, digest, fresh: true, ...READABLE };
    service.deliveries.full({ ...params, records: SLIVERS });
    service.loaded.store.close();
    expect(new Set(load().state.records.keys())).toEqual(new Set(state.records.keys()));
  });

  test('a damaged database is one of at most three that are kept, the newest', () => {
    const stamps: string[] = [];
    for (let time = 0; time < 5; time++) {
      fill();
      overwrite(0, Buffer.alloc(100, time));
      load();
      stamps.push(...asideFiles().filter((name) => !stamps.includes(name)));
    }
    expect(stamps).toHaveLength(5);
    expect(asideFiles()).toEqual(stamps.slice(-3));
  });

  test('whose log is gone opens at an earlier moment', () => {
    const state = fill();
    const { keeper, loaded } = openService(file);
    keeper.commit(
      [{ table: 'locals', key: keyOf('s_1'), value: localFacts({ starts: 9 }) }],
      BY_ROOT,
    );
    const main = readFileSync(file);
    loaded.store.close();
    writeFileSync(file, main);
    for (const side of ['-wal', '-shm']) rmSync(file + side, { force: true });
    expect(load()).toMatchObject({ state, badRows: [] });
  });

  test('a damaged database of which only the log is left is a new one', () => {
    fill();
    const { loaded, keeper } = openService(file);
    keeper.commit(
      [{ table: 'locals', key: keyOf('s_1'), value: localFacts({ starts: 9 }) }],
      BY_ROOT,
    );
    const wal = readFileSync(`${file}-wal`);
    loaded.store.close();
    rmSync(file);
    writeFileSync(`${file}-wal`, wal);
    expect(load().state.records.size).toBe(0);
  });

  test('that cannot have a successor, because the disk will not take one, stays where it is', () => {
    fill();
    overwrite(0, Buffer.alloc(100, 7));
    mkdirSync(join(successorOf(file), 'in the way'), { recursive: true });
    expect(load).toThrow(/^\S+nodemgr\.sqlite \(on [a-z0-9]+\): .*; node\.state_dir must be on /);
    expect(existsSync(file)).toBe(true);
    expect(asideFiles()).toEqual([]);
  });

  test('a damaged database is not opened through a folder, and the error names the file, its file system and what to do', () => {
    mkdirSync(file, { recursive: true });
    expect(load).toThrow(
      /^\S+nodemgr\.sqlite \(on [a-z0-9]+\): .*SQLITE_CANTOPEN.*node\.state_dir/,
    );
  });
});

describe('a crash while a damaged database is set aside', () => {
  test('a crash while a damaged database is set aside before its successor was complete begins anew', () => {
    fill();
    writeFileSync(successorOf(file), readFileSync(file).subarray(0, 10 * PAGE));
    overwrite(5 * PAGE, Buffer.alloc(PAGE, 7));
    const loaded = load();
    expect(loaded.salvage).toBeDefined();
    expect(loaded.state.records.size).toBeGreaterThan(0);
    expect(existsSync(successorOf(file))).toBe(false);
  });

  test('a crash while a damaged database is set aside before its successor took its place is completed', () => {
    const state = fill();
    renameSync(file, successorOf(file));
    writeFileSync(`${file}-wal`, 'of the damaged one');
    expect(load()).toMatchObject({ state });
    const logs = readdirSync(dirname(file)).filter((name) => /damaged-.*-wal$/.test(name));
    expect(logs).toHaveLength(1);
  });
});

test('a service takes up at a salvaged state and believes no clock more than before', () => {
  fill();
  overwrite(0, Buffer.alloc(100, 7));
  const clock = new FakeClock();
  const { deliveries, loaded } = openService(file, { clock });
  expect(deliveries.held('plc')).toEqual({ since_boot: false });
  loaded.store.close();
});

test.each([
  ['3 and 2', 3, 2],
  ['3 and 1', 3, 1],
  ['3 and 0', 3, 0],
  ['255 and 2', 255, 2],
])(
  'a file whose header says that it is written and read in the formats %s is set aside, with all its rows saved',
  (_formats, write, read) => {
    const state = fill();
    const content = readFileSync(file);
    content.set([write, read], 18);
    writeFileSync(file, content);
    const loaded = load();
    expect(loaded.salvage?.reason).toContain(`written in format ${write}`);
    expect(loaded.state.records).toEqual(state.records);
    expect(asideFiles()).toHaveLength(1);
  },
);

test('whatever is done to the file, it opens with nothing but rows that were there', () => {
  const state = fill();
  const whole = readFileSync(file);
  const damage = fc.oneof(
    fc.record({ cut: fc.nat({ max: whole.length }) }),
    fc.record({
      pages: fc.array(fc.nat({ max: whole.length / PAGE - 1 }), { minLength: 1, maxLength: 6 }),
      bytes: fc.uint8Array({ minLength: PAGE, maxLength: PAGE }),
    }),
    fc.record({
      offset: fc.nat({ max: whole.length - 1 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
    }),
  );
  fc.assert(
    fc.property(damage, (damage) => {
      rmSync(dirname(file), { recursive: true });
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, whole);
      if ('cut' in damage) truncateSync(file, damage.cut);
      else if ('pages' in damage) {
        for (const page of damage.pages) overwrite(page * PAGE, damage.bytes);
      } else overwrite(damage.offset, damage.bytes);
      const loaded = load();
      expect(Number.isSafeInteger(loaded.revision)).toBe(true);
      // A flipped byte inside a text is no damage that SQLite sees; the row's schema may pass it too.
      if (loaded.salvage !== undefined && !('offset' in damage)) expectPartOf(state, loaded.state);
      expect(load().state).toEqual(loaded.state);
    }),
    { numRuns: 150 },
  );
}, 120_000);

test('whatever is done to the log, the database opens at a moment that was', () => {
  const { keeper, loaded } = openService(file);
  const moments = [keeper.state];
  for (let starts = 0; starts < 20; starts++) {
    const value = localFacts({ starts });
    keeper.commit([{ table: 'locals', key: keyOf('s_1'), value }], BY_ROOT);
    moments.push(keeper.state);
  }
  const [main, wal] = [readFileSync(file), readFileSync(`${file}-wal`)];
  loaded.store.close();
  const damage = fc.record({
    cut: fc.nat({ max: wal.length }),
    offset: fc.nat({ max: wal.length - 1 }),
    bytes: fc.uint8Array({ maxLength: 64 }),
  });
  fc.assert(
    fc.property(damage, ({ cut, offset, bytes }) => {
      rmSync(dirname(file), { recursive: true });
      mkdirSync(dirname(file), { recursive: true });
      const damaged = Buffer.from(wal.subarray(0, cut));
      damaged.set(bytes.subarray(0, Math.max(0, cut - offset)), Math.min(offset, cut));
      writeFileSync(file, main);
      writeFileSync(`${file}-wal`, damaged);
      const { state } = load();
      expect(moments.map(({ locals }) => JSON.stringify([...locals]))).toContain(
        JSON.stringify([...state.locals]),
      );
    }),
    { numRuns: 100 },
  );
}, 120_000);
