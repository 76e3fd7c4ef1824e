import { expect, test } from 'vitest';
import { run, runAccepting } from './command.ts';
import { runChecked, runProgram } from './run-program.ts';

const NOTHING = '/proc/nothing';

test('a program gets its arguments as they are, and no shell sees them', async () => {
  expect(await runChecked(run('printf', '%s|%s', '$HOME; ls', '*'))).toBe('$HOME; ls|*');
});

test('a program that fails says so in its own words', async () => {
  await expect(runChecked(run('ls', '--', NOTHING))).rejects.toThrow(
    /^ls: exit status 2: ls: cannot access .*nothing/,
  );
});

test('an exit status that means there was nothing to do is no failure', async () => {
  await expect(runChecked(runAccepting([2], 'ls', '--', NOTHING))).resolves.toBe('');
  await expect(runChecked(runAccepting([3], 'ls', '--', NOTHING))).rejects.toThrow(/exit status 2/);
});

test('a program that is not there is named', async () => {
  await expect(runChecked(run('no-such-program'))).rejects.toThrow(/cannot run no-such-program/);
});

test('what a program reads may be more than it wants', async () => {
  const command = { run: ['true'] as const, stdin: 'x'.repeat(1 << 20) };
  expect(await runProgram(command)).toMatchObject({ status: 0 });
  expect(await runChecked({ run: ['cat'], stdin: 'two\nlines' })).toBe('two\nlines');
});

test('of a program that says very much the end is kept', async () => {
  const { stdout } = await runProgram(run('seq', '1', '100000'), { maxOutput: 12 });
  expect(stdout).toBe('99999\n100000\n'.slice(-12));
});

test('a program that takes longer than its command allows is killed, and the failure says so', async () => {
  const command = { run: ['sleep', '600'] as const, longestMs: 10 };
  await expect(runChecked(command)).rejects.toThrow(/^sleep: killed by SIGKILL/);
});
