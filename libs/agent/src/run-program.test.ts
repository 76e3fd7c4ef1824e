import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, runAccepting, writeFile } from '@nodemgr/agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { carryOut, runChecked, runProgram } from './run-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-command-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a program gets its arguments as they are, and no shell sees them', async () => {
  expect(await runChecked(run('printf', '%s|%s', '$HOME; ls', '*'))).toBe('$HOME; ls|*');
});

test('a program that fails says so in its own words', async () => {
  await expect(carryOut(run('ls', '--', join(folder, 'nothing')))).rejects.toThrow(
    /^ls: exit status 2: ls: cannot access .*nothing/,
  );
});

test('an exit status that means there was nothing to do is no failure', async () => {
  const nothing = join(folder, 'nothing');
  await expect(carryOut(runAccepting([2], 'ls', '--', nothing))).resolves.toBeUndefined();
  await expect(carryOut(runAccepting([3], 'ls', '--', nothing))).rejects.toThrow(/exit status 2/);
});

test('a program that is not there is named', async () => {
  await expect(carryOut(run('no-such-program'))).rejects.toThrow(/cannot run no-such-program/);
});

test('what a program reads may be more than it wants', async () => {
  const command = { run: ['true'] as const, stdin: 'x'.repeat(1 << 20) };
  expect(await runProgram(command)).toMatchObject({ status: 0 });
  expect(await runChecked({ run: ['cat'], stdin: 'two\nlines' })).toBe('two\nlines');
});

test('a file is written as a whole with its mode, in a folder that need not be there', async () => {
  const path = join(folder, 'deep/file');
  await carryOut(writeFile(path, 0o640, 'text\n'));
  await carryOut(writeFile(path, 0o640, 'other\n'));
  expect(await readFile(path, 'utf8')).toBe('other\n');
  expect((await stat(path)).mode & 0o777).toBe(0o640);
});
