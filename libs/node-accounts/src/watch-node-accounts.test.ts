import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostUid } from '@nodemgr/records';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FreshRead } from './fresh-read.ts';
import { watchNodeAccounts } from './watch-node-accounts.ts';

const SHELLS = { sliver: '/bin/sliver-shell', delegate: '/bin/forward_api_calls' };
const BASE = 1_879_048_192;
const entry = (name: string, uid: number) => `${name}:x:${uid}:${uid}::/:${SHELLS.sliver}\n`;

let folder: string;
let logged: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-accounts-'));
  logged = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function watch(wallMs = Date.now) {
  const log = pino({}, { write: (line: string) => logged.push(line) });
  const [passwd_file, subuid_file] = [join(folder, 'passwd'), join(folder, 'subuid')];
  const reader = watchNodeAccounts({ passwd_file, subuid_file, shells: SHELLS, log, wallMs });
  const nameOf = async (uid: number) => (await reader.current()).whoIs(hostUid(uid))?.name;
  return { reader, passwd_file, subuid_file, nameOf };
}

test('files that are not there hold no accounts, and are no error', async () => {
  const { nameOf } = watch();
  expect(await nameOf(30_000)).toBeUndefined();
  expect(logged).toEqual([]);
});

test('a change in place, a replaced file and a removed one are seen at the next look-up', async () => {
  const { passwd_file, subuid_file, nameOf } = watch();
  await writeFile(passwd_file, entry('a_one', 30_000));
  expect(await nameOf(30_000)).toBe('a_one');
  await writeFile(passwd_file, entry('b_two', 30_000));
  expect(await nameOf(30_000)).toBe('b_two');
  await writeFile(`${passwd_file}.new`, entry('c_new', 30_000));
  await rename(`${passwd_file}.new`, passwd_file);
  expect(await nameOf(30_000)).toBe('c_new');
  await writeFile(subuid_file, `c_new:${BASE}:65536\n`);
  expect(await nameOf(BASE + 5)).toBe('c_new');
  await rm(passwd_file);
  expect(await nameOf(BASE + 5)).toBeUndefined();
});

test('unchanged files are not read again, once their times can be relied on', async () => {
  const { reader, passwd_file } = watch();
  await writeFile(passwd_file, entry('a_one', 30_000));
  const sameTwice = async () => {
    const before = await reader.current();
    return before === (await reader.current());
  };
  await expect.poll(sameTwice, { timeout: 5000 }).toBe(true);
});

test('files from before the clock was set back are not read again at every look-up', async () => {
  const { reader, passwd_file, subuid_file } = watch(() => Date.now() - 3_600_000);
  await writeFile(passwd_file, entry('a_one', 30_000));
  await writeFile(subuid_file, '');
  const first = await reader.current();
  expect(await reader.current()).toBe(first);
});

test('a file that cannot be read leaves what was known, and is reported once', async () => {
  const { passwd_file, nameOf } = watch();
  await writeFile(passwd_file, entry('a_one', 30_000));
  expect(await nameOf(30_000)).toBe('a_one');
  await rm(passwd_file);
  await mkdir(passwd_file);
  expect(await nameOf(30_000)).toBe('a_one');
  expect(await nameOf(30_000)).toBe('a_one');
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain('EISDIR');
});

test('those who ask while a read is under way share the next one, and get nothing older', async () => {
  let begun = 0;
  const finish: (() => void)[] = [];
  const reads = new FreshRead(async () => {
    begun += 1;
    const mine = begun;
    await new Promise<void>((resolve) => finish.push(resolve));
    return mine;
  });
  const first = reads.now();
  await expect.poll(() => begun).toBe(1);
  const later = [reads.now(), reads.now()];
  finish.shift()?.();
  expect(await first).toBe(1);
  await expect.poll(() => begun).toBe(2);
  finish.shift()?.();
  expect(await Promise.all(later)).toEqual([2, 2]);
});

test('a read that fails fails those who asked for it, and not the next', async () => {
  let fails = true;
  const reads = new FreshRead(async () => {
    if (fails) throw new Error('broken');
    return 'well';
  });
  await expect(reads.now()).rejects.toThrow('broken');
  fails = false;
  expect(await reads.now()).toBe('well');
});
