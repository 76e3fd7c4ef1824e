import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { lastWords } from './last-words.ts';

/** What this Node.js prints when it ends a program. */
const saidBy = (program: string) =>
  spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stderr;

test('a process that says itself why it cannot start is quoted', () => {
  const log = '{"level":30,"msg":"ready"}\ndb-service: cannot start: no room\n';
  expect(lastWords(log)).toBe('db-service: cannot start: no room');
});

test.each([
  ["require('/none/main.cjs')", "Error: Cannot find module '/none/main.cjs'"],
  ["throw new TypeError('no number')", 'TypeError: no number'],
  ["require('fs').readFileSync('/none')", "Error: ENOENT: no such file or directory, open '/none'"],
])('of one that Node.js ends, the error is told, not the version: %s', (program, error) => {
  const earlier = 'db-service: cannot start: no room\n';
  expect(lastWords(earlier + saidBy(program))).toBe(error);
});

test('of one that Node.js ends for what is no error, its last line is all there is', () => {
  expect(lastWords('Uncaught:\n7\n\nNode.js v20.19.0\n')).toBe('Node.js v20.19.0');
});

test('of a process that said nothing there is nothing to tell', () => {
  expect(lastWords('')).toBe('');
});
