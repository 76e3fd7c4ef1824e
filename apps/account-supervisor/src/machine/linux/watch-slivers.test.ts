/** A control group made of ordinary files: written in place, they change as the kernel's do. */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { REAL_TIMING } from '@nodemgr/agent';
import { accountName } from '@nodemgr/records';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { SliverWatch } from './watch-slivers.ts';

const NAME = accountName('site_a');
const IDLE = {
  'memory.events': 'oom 0\noom_kill 0\n',
  'memory.events.local': 'oom 0\noom_kill 0\n',
  'pids.events': 'max 0\n',
  'cgroup.events': 'populated 1\nfrozen 0\n',
};
type File = keyof typeof IDLE | 'pids.events.local';

let group: string;
beforeEach(() => {
  group = mkdtempSync(join(tmpdir(), 'watch-slivers-'));
  onTestFinished(() => rmSync(group, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(IDLE)) writeFileSync(join(group, file), text);
});

/** Texts of one file are of one length, so that one write is one change from old to new. */
function write(file: File, text: string): void {
  const fd = openSync(join(group, file), 'r+');
  writeSync(fd, text, 0);
  closeSync(fd);
}

function listen(tell: (told: string) => void = () => {}) {
  const told: string[] = [];
  const warned: string[] = [];
  const watch = new SliverWatch({
    tell: (name, notice) => {
      const text = 'times' in notice ? `${notice.notice} ${notice.times}` : notice.notice;
      told.push(`${name}: ${text}`);
      tell(text);
    },
    log: { warn: (_facts: object, message?: string) => warned.push(String(message)) },
    groupOf: () => group,
    monotonicMs: () => 0,
    after: REAL_TIMING.after,
  });
  onTestFinished(() => watch.stop());
  watch.follow(NAME, true);
  return {
    watch,
    told,
    warned,
    becomes: (...all: string[]) => vi.waitFor(() => expect(told).toEqual(all)),
  };
}

test('a kill, a refused fork and the end are told as they happen', async () => {
  const { becomes, warned } = listen();
  write('memory.events.local', 'oom 1\noom_kill 0\n');
  write('memory.events', 'oom 1\noom_kill 1\n');
  await becomes('site_a: own-oom 1');
  write('pids.events', 'max 3\n');
  await becomes('site_a: own-oom 1', 'site_a: tasks-limit 3');
  write('cgroup.events', 'populated 0\nfrozen 0\n');
  await becomes('site_a: own-oom 1', 'site_a: tasks-limit 3', 'site_a: ended');
  expect(warned).toEqual([]);
});

test('forks that a limit within the sliver refused are not told as nm_tasks_max’s, where the kernel tells them apart', async () => {
  writeFileSync(join(group, 'pids.events.local'), 'max 0\n');
  const { becomes } = listen();
  write('pids.events', 'max 9\n');
  write('pids.events.local', 'max 1\n');
  await becomes('site_a: tasks-limit 1');
});

test('whoever is told may fail: it is logged, it is no end, and the next event is told', async () => {
  const { becomes, warned } = listen((text) => {
    if (text === 'tasks-limit 1') throw new ReferenceError('too early');
  });
  write('pids.events', 'max 1\n');
  await becomes('site_a: tasks-limit 1');
  expect(warned).toEqual(['what the kernel says is lost: tasks-limit']);
  write('pids.events', 'max 3\n');
  await becomes('site_a: tasks-limit 1', 'site_a: tasks-limit 2');
  write('cgroup.events', 'populated 0\nfrozen 0\n');
  await becomes('site_a: tasks-limit 1', 'site_a: tasks-limit 2', 'site_a: ended');
});

test('what changes again and again is told together, a few times a second', async () => {
  const { told } = listen();
  for (let refused = 1; refused <= 200; refused += 1) {
    write('pids.events', `max ${refused}\n`);
    await delay(1);
  }
  const times = () => told.map((text) => Number(text.replace('site_a: tasks-limit ', '')));
  await vi.waitFor(() => expect(times().reduce((sum, each) => sum + each, 0)).toBe(200));
  expect(told.length).toBeLessThan(20);
});

test('a group that has gone is a sliver that has ended', async () => {
  const { becomes } = listen();
  rmSync(group, { recursive: true });
  await becomes('site_a: ended');
});

test('a sliver that was started again too soon to be heard is told to have ended at the next look, and listened to again', async () => {
  const { watch, told, becomes } = listen();
  renameSync(group, `${group}-before`);
  onTestFinished(() => rmSync(`${group}-before`, { recursive: true, force: true }));
  mkdirSync(group);
  for (const [file, text] of Object.entries(IDLE)) writeFileSync(join(group, file), text);
  expect(told).toEqual([]);
  watch.follow(NAME, true);
  write('pids.events', 'max 2\n');
  await becomes('site_a: ended', 'site_a: tasks-limit 2');
});

test('a group that cannot be read is no sliver that has ended: it is watched again at the next look', async () => {
  const { watch, told, warned, becomes } = listen();
  // A folder in the file's place: EISDIR, which root too is answered.
  rmSync(join(group, 'memory.events.local'));
  mkdirSync(join(group, 'memory.events.local'));
  write('pids.events', 'max 1\n');
  await vi.waitFor(() =>
    expect(warned).toEqual(['a sliver is no longer watched until it is looked at again']),
  );
  expect(told).toEqual([]);
  rmSync(join(group, 'memory.events.local'), { recursive: true });
  writeFileSync(join(group, 'memory.events.local'), IDLE['memory.events.local']);
  watch.follow(NAME, true);
  write('pids.events', 'max 2\n');
  await becomes('site_a: tasks-limit 1');
});

test('a sliver that has ended before it could be watched is no news', () => {
  write('cgroup.events', 'populated 0\nfrozen 0\n');
  const { told, warned } = listen();
  expect([told, warned]).toEqual([[], ['a sliver cannot be watched until it is looked at again']]);
});

test('nobody is listened to any more once it is said not to run', async () => {
  const { watch, told, becomes } = listen();
  watch.follow(NAME, false);
  write('pids.events', 'max 1\n');
  watch.follow(NAME, true);
  write('pids.events', 'max 3\n');
  await becomes('site_a: tasks-limit 2');
  expect(told).toHaveLength(1);
});
