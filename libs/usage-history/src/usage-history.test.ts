/** The history of use on real files: kept through restarts, reboots, clocks that jump, damage and full disks. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeriodAmounts } from '@nodemgr/contracts';
import { FailureBoard } from '@nodemgr/daemon';
import { accountName, epochSeconds } from '@nodemgr/records';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { UsageHistory } from './usage-history.ts';
import type { SliverLook } from './use-added.ts';

const A = accountName('site_a');
const B = accountName('site_b');
const MIDNIGHT = Date.UTC(2026, 4, 1) / 1000;
const HOUR = 3600;
const DAY = 86_400;

let file: string;
let now: number;
let clockTrusted: boolean;
let slivers: SliverLook[];
let failures: FailureBoard;
let said: string[];
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'usage-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  file = join(folder, 'history', 'usage.sqlite');
  now = MIDNIGHT;
  clockTrusted = true;
  slivers = [];
  said = [];
  failures = new FailureBoard(() => now * 1000);
});

function open(maxBytes?: number): UsageHistory {
  const say = (_fields: unknown, message: string) => said.push(message);
  const history = new UsageHistory({
    file,
    looks: () => slivers,
    clock: { look: () => ({ now: epochSeconds(now), clockTrusted }) },
    monotonicMs: () => now * 1000,
    timing: { now: () => now * 1000, after: () => () => undefined },
    failures,
    log: { error: say as never, warn: say as never },
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  onTestFinished(() => history.close());
  return history;
}

const sliver = (amounts: PeriodAmounts, name = A, era = 'boot 1'): SliverLook => ({
  name,
  era,
  amounts,
});

/** A look at the end of the next minute. */
function next(history: UsageHistory, ...found: readonly SliverLook[]): void {
  now += 60;
  slivers = [...found];
  history.look();
}

const cpuOf = (history: UsageHistory, name = A) =>
  history.rows({ name, step: 'minute', since: 0 }).map(({ amounts }) => amounts.cpu_ms);

describe('the history of use', () => {
  test('a minute has what was added in it of a count, and the highest of a level', () => {
    const history = open();
    next(history, sliver({ cpu_ms: 5000, memory_kib: 10 }));
    next(history, sliver({ cpu_ms: 5300, memory_kib: 30 }), sliver({ cpu_ms: 7 }, B));
    next(history, sliver({ cpu_ms: 5300, memory_kib: 20 }), sliver({ cpu_ms: 9 }, B));
    // What A had used before anybody looked is of no known day; B has begun since.
    expect(history.rows({ name: A, step: 'minute', since: 0 })).toEqual([
      { name: A, at: MIDNIGHT, seconds: 0, amounts: { cpu_ms: 0, memory_kib: 10 } },
      { name: A, at: MIDNIGHT + 60, seconds: 60, amounts: { cpu_ms: 300, memory_kib: 30 } },
      { name: A, at: MIDNIGHT + 120, seconds: 60, amounts: { cpu_ms: 0, memory_kib: 20 } },
    ]);
    expect(cpuOf(history, B)).toEqual([7, 2]);
    expect(history.rows({ step: 'hour', since: 0 })).toEqual([
      { name: A, at: MIDNIGHT, seconds: 120, amounts: { cpu_ms: 300, memory_kib: 30 } },
      { name: B, at: MIDNIGHT, seconds: 120, amounts: { cpu_ms: 9 } },
    ]);
  });

  test('hours and days have the sums of their minutes, those of the hour that is not over too', () => {
    const history = open();
    now += 22 * HOUR;
    let used = 0;
    for (let minute = 0; minute < 150; minute += 1) {
      used += 10;
      next(history, sliver({ cpu_ms: used, tasks: minute }));
    }
    expect(history.rows({ name: A, step: 'hour', since: MIDNIGHT })).toMatchObject([
      { at: MIDNIGHT + 22 * HOUR, amounts: { cpu_ms: 590, tasks: 59 } },
      { at: MIDNIGHT + 23 * HOUR, amounts: { cpu_ms: 600, tasks: 119 } },
      { at: MIDNIGHT + 24 * HOUR, amounts: { cpu_ms: 300, tasks: 149 } },
    ]);
    expect(history.days(A)).toEqual([
      { day: '2026-05-01', amounts: { cpu_ms: 1190, tasks: 119 } },
      { day: '2026-05-02', amounts: { cpu_ms: 300, tasks: 149 } },
    ]);
    expect(history.rows({ name: A, step: 'hour', since: MIDNIGHT + 24 * HOUR + 60 })).toHaveLength(
      1,
    );
    expect(history.days(B)).toEqual([]);
  });

  test('a restart of the agent loses nothing, and says how long nobody looked', () => {
    const first = open();
    next(first, sliver({ cpu_ms: 100 }));
    next(first, sliver({ cpu_ms: 200 }));
    first.close();
    const second = open();
    now += 540;
    next(second, sliver({ cpu_ms: 1200 }));
    expect(second.rows({ name: A, step: 'minute', since: 0 }).at(-1)).toMatchObject({
      seconds: 600,
      amounts: { cpu_ms: 1000 },
    });
  });

  test.each([
    ['by its era, when it has counted further than before', 'boot 2', 900],
    ['by itself, when it is less than it was', 'boot 1', 30],
  ])('a counter that begins again at 0 is recognised %s', (_how, era, counted) => {
    const history = open();
    next(history, sliver({ cpu_ms: 100 }));
    next(history, sliver({ cpu_ms: 500 }));
    next(history, sliver({ cpu_ms: counted }, A, era));
    expect(cpuOf(history)).toEqual([0, 400, counted]);
  });

  test('a clock that is not trusted writes nothing; what was used meanwhile comes when it is', () => {
    const history = open();
    next(history, sliver({ cpu_ms: 100 }));
    clockTrusted = false;
    next(history, sliver({ cpu_ms: 150 }));
    clockTrusted = true;
    next(history, sliver({ cpu_ms: 170 }));
    expect(cpuOf(history)).toEqual([0, 70]);
  });

  test('a clock that goes back takes what was written after it away, and says so', () => {
    const history = open();
    next(history, sliver({ cpu_ms: 1 }));
    now += 3 * DAY;
    next(history, sliver({ cpu_ms: 2 }));
    now -= 3 * DAY;
    next(history, sliver({ cpu_ms: 4 }));
    expect(history.days(A)).toEqual([{ day: '2026-05-01', amounts: { cpu_ms: 2 } }]);
    expect(said.join()).toContain('the clock has gone back');
  });

  test('minutes go after a day, hours after 90 days, and with its last hour a sliver that is gone', () => {
    const history = open();
    next(history, sliver({ cpu_ms: 1 }), sliver({ cpu_ms: 1 }, B));
    next(history, sliver({ cpu_ms: 3 }), sliver({ cpu_ms: 5 }, B));
    now += DAY + HOUR;
    next(history, sliver({ cpu_ms: 4 }));
    expect(cpuOf(history)).toEqual([1]);
    expect(history.days(B)).toMatchObject([{ amounts: { cpu_ms: 4 } }]);
    now += 89 * DAY;
    next(history, sliver({ cpu_ms: 4 }));
    now += 2 * HOUR;
    next(history, sliver({ cpu_ms: 4 }));
    expect(history.days(B)).toEqual([]);
    history.close();
    const db = new Database(file);
    onTestFinished(() => {
      db.close();
    });
    expect(db.prepare('SELECT name FROM slivers').pluck().all()).toEqual([A]);
  });

  test('a history that takes more room than it may loses its oldest part, and says so', () => {
    const many = Array.from({ length: 100 }, (_, at) => accountName(`site_${at}`));
    const history = open(512 << 10);
    for (let minute = 0; minute < 300; minute += 1) {
      next(
        history,
        ...many.map((name) => sliver({ cpu_ms: minute, disk_kib: minute << 20 }, name)),
      );
    }
    expect(said.join()).toContain('larger than it may be');
    expect(failures.list()).toEqual([]);
    expect(statSync(file).size).toBeLessThanOrEqual(640 << 10);
    expect(cpuOf(history, many[7]).at(-1)).toBe(1);
  });

  test.each([
    ['no database', (path: string) => writeFileSync(path, 'x'.repeat(10_000))],
    [
      'a database of something else',
      (path: string) => void makeDatabase(path, 'CREATE TABLE t (a)'),
    ],
    ['of a newer version', (path: string) => void makeDatabase(path, 'PRAGMA user_version = 99')],
    [
      'of our version without our tables',
      (path: string) => void makeDatabase(path, 'PRAGMA user_version = 1'),
    ],
  ])('a file that is %s is set aside and told, and the history begins anew', (_what, make) => {
    open().close();
    rmSync(file);
    make(file);
    const history = open();
    next(history, sliver({ cpu_ms: 1 }));
    next(history, sliver({ cpu_ms: 3 }));
    expect(cpuOf(history)).toEqual([0, 2]);
    expect(said).toEqual(['the history of use cannot be used: set aside, and begun anew']);
    expect(existsSync(`${file}.set-aside`)).toBe(true);
    expect(readdirSync(join(file, '..')).filter((name) => name.includes('set-aside'))).toHaveLength(
      1,
    );
  });

  test('a page that is damaged while it is in use is found, set aside and told; a query fails, the next works', () => {
    const first = open();
    for (let minute = 0; minute < 90; minute += 1) {
      next(first, sliver({ cpu_ms: minute }), sliver({ cpu_ms: minute }, B));
    }
    first.close();
    // All but the first page, in which the version is.
    const { size } = statSync(file);
    damage(file, 4096, size);
    const history = open();
    next(history, sliver({ cpu_ms: 100 }));
    next(history, sliver({ cpu_ms: 103 }));
    expect(cpuOf(history)).toEqual([0, 3]);
    expect(said).toHaveLength(1);
  });

  test('where the file cannot be written it is reported, and nothing is lost once it can', () => {
    mkdirSync(file, { recursive: true });
    const history = open();
    next(history, sliver({ cpu_ms: 1 }));
    expect(failures.list()).toMatchObject([{ code: 'usage-history', subject: 'history of use' }]);
    expect(() => history.rows({ step: 'hour', since: 0 })).toThrow('cannot be read');
    expect(history.days(A)).toEqual([]);
    rmSync(file, { recursive: true });
    next(history, sliver({ cpu_ms: 1 }));
    next(history, sliver({ cpu_ms: 6 }));
    expect(failures.list()).toEqual([]);
    expect(cpuOf(history)).toEqual([0, 5]);
    // Said once, however often it was tried.
    expect(said).toHaveLength(1);
  });

  test('whatever slivers do, minutes, hours, days and sums have the same, and all that was used', () => {
    const use = fc.record({
      add: fc.nat({ max: 1000 }),
      restart: fc.boolean(),
      minutes: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(use, { minLength: 1, maxLength: 30 }), (steps) => {
        rmSync(file, { force: true });
        now = MIDNIGHT;
        const history = open();
        next(history, sliver({ cpu_ms: 0 }));
        let [counter, era, total] = [0, 0, 0];
        for (const { add, restart, minutes } of steps) {
          if (restart) [counter, era] = [0, era + 1];
          counter += add;
          total += add;
          now += (minutes - 1) * 60;
          next(history, sliver({ cpu_ms: counter }, A, String(era)));
        }
        const sum = (rows: readonly { amounts: PeriodAmounts }[]) =>
          rows.reduce((all, { amounts }) => all + (amounts.cpu_ms ?? 0), 0);
        const hours = history.rows({ name: A, step: 'hour', since: 0 });
        expect(sum(hours)).toBe(total);
        expect(sum(history.days(A))).toBe(total);
        expect(sum(history.rows({ step: 'hour', since: 0 }))).toBe(total);
        const lastHour = now - 60 - ((now - 60) % HOUR);
        expect(sum(history.rows({ name: A, step: 'minute', since: lastHour }))).toBe(
          sum(hours.filter(({ at }) => at >= lastHour)),
        );
        history.close();
      }),
      { numRuns: 30 },
    );
  });
});

function makeDatabase(path: string, sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.exec('CREATE TABLE IF NOT EXISTS other (a)');
  db.close();
}

function damage(path: string, from: number, to: number): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, Buffer.alloc(to - from, 0x5a), 0, to - from, from);
  closeSync(fd);
}
