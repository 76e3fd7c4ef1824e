import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, writeFile } from '@nodemgr/agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { carryOut } from './carry-out.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carry-out-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a program that fails fails the command, in its own words', async () => {
  await expect(carryOut(run('ls', '--', join(folder, 'nothing')))).rejects.toThrow(
    /^ls: exit status 2: ls: cannot access .*nothing/,
  );
  await expect(carryOut(run('true'))).resolves.toBeUndefined();
});

test('a file is written as a whole with its mode, in a folder that need not be there', async () => {
  const path = join(folder, 'deep/file');
  await carryOut(writeFile(path, 0o640, 'text\n'));
  await carryOut(writeFile(path, 0o640, 'other\n'));
  expect(await readFile(path, 'utf8')).toBe('other\n');
  expect((await stat(path)).mode & 0o777).toBe(0o640);
});
