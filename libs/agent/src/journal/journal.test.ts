/** Journals on real files: kept through crashes, bounded, and never in the way. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventKind, EventSubject, NodeEvent } from '@nodemgr/contracts';
import { FailureBoard } from '@nodemgr/daemon';
import { accountName } from '@nodemgr/records';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Journal } from './journal.ts';

const A = accountName('site_a');
const B = accountName('site_b');
const DAY = 86_400_000;
const NOW = 1_700_000_000_000;
const ALL = { limit: 10_000 };

let folder: string;
let now: number;
let monotonic: number;
let failures: FailureBoard;
let clockTrusted: boolean;
let later: { readonly ms: number; readonly action: () => void }[];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'journal-')), 'history');
  onTestFinished(() => rmSync(join(folder, '..'), { recursive: true, force: true }));
  now = NOW;
  monotonic = 0;
  clockTrusted = true;
  later = [];
  failures = new FailureBoard(() => now);
});

function open(bounds = { own: 3, byOthers: 2 }): Promise<Journal> {
  const timing = {
    now: () => now,
    after: (ms: number, action: () => void) => {
      later.push({ ms, action });
      return () => undefined;
    },
  };
  const log = { warn: () => {} };
  const clocks = { monotonicMs: () => monotonic, clockTrusted: () => clockTrusted };
  return Journal.open({ folder, failures, log, timing, ...clocks, bounds });
}

function anEvent(at: number, account: EventSubject = A, what: EventKind = 'sliver-started') {
  return { at, account, what, why: `at ${at}`, by: { kind: 'plc' } } satisfies NodeEvent;
}

const fileOf = (name: string) => join(folder, `${name}.jsonl`);
const timesIn = async (journal: Journal, query: { name?: EventSubject; limit?: number } = {}) =>
  (await journal.events({ ...ALL, ...query })).events.map(({ at }) => at);

describe('journals', () => {
  test('a journal gives back what was written, of one account or of all by time, after a restart too', async () => {
    const journal = await open();
    for (const [at, name] of [
      [NOW, A],
      [NOW + 1, B],
      [NOW + 2, A],
      [NOW + 3, 'node'],
    ] as const) {
      journal.append(anEvent(at, name));
    }
    await journal.close();
    const reopened = await open();
    expect(await timesIn(reopened)).toEqual([NOW, NOW + 1, NOW + 2, NOW + 3]);
    expect(await timesIn(reopened, { name: A })).toEqual([NOW, NOW + 2]);
    expect(await reopened.events({ limit: 1 })).toMatchObject({
      events: [{ at: NOW + 3, account: 'node' }],
      more: true,
    });
    expect(await timesIn(reopened, { name: accountName('no_body') })).toEqual([]);
  });

  test('a journal is for its owner alone', async () => {
    const journal = await open();
    journal.append(anEvent(NOW));
    await journal.settled();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(fileOf(A)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['a torn line', '{"at":170000000'],
    ['half a character', Buffer.from('{"why":"→').subarray(0, -1)],
    ['zeros', Buffer.alloc(100)],
    ['a line that is no event', '{"at":1}\n'],
  ])('that a crash has left with %s loses nothing else, and goes on', async (_what, tail) => {
    const journal = await open();
    journal.append(anEvent(NOW));
    await journal.close();
    appendFileSync(fileOf(A), tail);
    const reopened = await open();
    expect(await timesIn(reopened)).toEqual([NOW]);
    reopened.append(anEvent(NOW + 1));
    expect(await timesIn(reopened)).toEqual([NOW, NOW + 1]);
    expect(readFileSync(fileOf(A), 'utf8').split('\n').at(-2)).toBe(
      JSON.stringify(anEvent(NOW + 1)),
    );
  });

  test('a journal keeps the newest, and those that other slivers bring about apart', async () => {
    const journal = await open();
    for (let at = 1; at <= 50; at += 1) {
      journal.append(anEvent(NOW + at));
      await journal.settled();
      journal.append(anEvent(NOW + at, A, 'cpu-weight-changed'));
      await journal.settled();
    }
    expect(await timesIn(journal)).toEqual([48, 49, 49, 50, 50].map((at) => NOW + at));
    expect(readFileSync(fileOf(A), 'utf8').split('\n').length).toBeLessThan(9);
  });

  test('a journal forgets what is older than 30 days, but not on the word of a clock that was set', async () => {
    const journal = await open();
    journal.append(anEvent(NOW));
    journal.append(anEvent(NOW, B));
    const sixHours = async () => {
      now += DAY / 4;
      monotonic += DAY / 4;
      later
        .splice(0)
        .find(({ ms }) => ms === DAY / 4)
        ?.action();
      await journal.settled();
    };
    now += 31 * DAY;
    journal.append(anEvent(now, B));
    await sixHours();
    expect(await timesIn(journal)).toHaveLength(3);
    await sixHours();
    expect(await timesIn(journal)).toEqual([NOW + 31 * DAY]);
    expect(existsSync(fileOf(A))).toBe(false);
    journal.append(anEvent(now, A));
    expect(await timesIn(journal, { name: A })).toEqual([now]);
  });

  test('a journal is found by the time of its newest event, whatever the clock of the file system', async () => {
    const journal = await open();
    journal.append(anEvent(NOW + 900 * DAY));
    journal.append(anEvent(5, B));
    await journal.settled();
    expect(await journal.newestAt()).toBeGreaterThanOrEqual(NOW + 900 * DAY);
    expect(await timesIn(journal, { limit: 1 })).toEqual([NOW + 900 * DAY]);
  });

  test('a journal forgets nothing while the clock is not trusted', async () => {
    const journal = await open();
    journal.append(anEvent(NOW));
    clockTrusted = false;
    const sixHours = async () => {
      now += DAY / 4;
      monotonic += DAY / 4;
      for (const { ms, action } of later.splice(0)) if (ms === DAY / 4) action();
      await journal.settled();
    };
    for (let days = 0; days < 31; days += 0.25) await sixHours();
    expect(await timesIn(journal)).toEqual([NOW]);
    clockTrusted = true;
    await sixHours();
    expect(await timesIn(journal)).toEqual([]);
  });

  test('reads no file that is not one of its own', async () => {
    const journal = await open();
    journal.append(anEvent(NOW));
    await journal.settled();
    writeFileSync(fileOf('..x'), JSON.stringify(anEvent(NOW + 1)));
    expect(await timesIn(journal)).toEqual([NOW]);
  });
});

describe('refusing disks', () => {
  test('a disk that refuses is reported and stops nobody; what it refused is offered again', async () => {
    const journal = await open();
    mkdirSync(fileOf(A), { recursive: true });
    journal.append(anEvent(NOW, A));
    journal.append(anEvent(NOW, B));
    await journal.settled();
    expect(failures.list()).toMatchObject([
      { subject: 'history', action: 'write', retry_at: NOW + 10_000 },
    ]);
    expect(await timesIn(journal, { name: B })).toEqual([NOW]);
    expect(await timesIn(journal)).toEqual([NOW]);
    rmSync(fileOf(A), { recursive: true });
    later.find(({ ms }) => ms === 10_000)?.action();
    await journal.settled();
    expect(failures.list()).toEqual([]);
    expect(await timesIn(journal, { name: A })).toEqual([NOW]);
  });

  test('a disk that refuses for long costs the oldest events, and no more memory', async () => {
    const journal = await open();
    mkdirSync(fileOf(A), { recursive: true });
    for (let at = 1; at <= 100; at += 1) journal.append(anEvent(NOW + at));
    await journal.settled();
    rmSync(fileOf(A), { recursive: true });
    await journal.close();
    expect((await timesIn(journal)).at(-1)).toBe(NOW + 100);
    expect(await timesIn(journal)).toHaveLength(3);
  });

  test('a disk that refuses is shown until a write succeeds, and tried again though nothing happens', async () => {
    writeFileSync(folder, '');
    await open();
    expect(failures.list()).toMatchObject([{ subject: 'history', action: 'write' }]);
    rmSync(folder);
    later.find(({ ms }) => ms === 10_000)?.action();
    await vi.waitFor(() => expect(failures.list()).toEqual([]));
    expect(existsSync(folder)).toBe(true);
  });

  test('a disk that refuses to take a file without its oldest part is shown until it does', async () => {
    const journal = await open();
    journal.append(anEvent(NOW - 40 * DAY));
    journal.append(anEvent(NOW));
    await journal.settled();
    // A folder in the way of the temporary file: for root, too, it is in the way.
    mkdirSync(`${fileOf(A)}~new/in the way`, { recursive: true });
    later.find(({ ms }) => ms > 3_600_000)?.action();
    await journal.settled();
    expect(failures.list()).toMatchObject([{ subject: 'history', action: 'write' }]);
    rmSync(`${fileOf(A)}~new`, { recursive: true });
    later.findLast(({ ms }) => ms === 10_000)?.action();
    await journal.settled();
    expect(failures.list()).toEqual([]);
    expect(await timesIn(journal)).toEqual([NOW]);
  });

  test('a disk that refuses to make room in a file gets no event twice', async () => {
    const journal = await open();
    mkdirSync(`${fileOf(A)}~new/in the way`, { recursive: true });
    for (let at = 1; at <= 8; at += 1) {
      journal.append(anEvent(NOW + at));
      await journal.settled();
    }
    expect(failures.list()).toMatchObject([{ subject: 'history', action: 'write' }]);
    for (let time = 0; time < 3; time += 1) {
      later.findLast(({ ms }) => ms === 10_000)?.action();
      await journal.settled();
    }
    rmSync(`${fileOf(A)}~new`, { recursive: true });
    later.findLast(({ ms }) => ms === 10_000)?.action();
    await journal.settled();
    expect(failures.list()).toEqual([]);
    expect(await timesIn(journal)).toEqual([NOW + 6, NOW + 7, NOW + 8]);
  });

  test('even the folder stops no start, and it is made when that can be done', async () => {
    writeFileSync(folder, '');
    const journal = await open();
    journal.append(anEvent(NOW));
    await journal.settled();
    expect(failures.list()).toMatchObject([{ subject: 'history' }]);
    rmSync(folder);
    journal.append(anEvent(NOW + 1));
    await vi.waitFor(async () => expect(await timesIn(journal)).toEqual([NOW, NOW + 1]));
  });
});
