import { expect, test } from 'vitest';
import { isJournal, journalLine, levelPrefix } from './journal-lines.ts';

test.each([
  [10, '<7>'],
  [20, '<7>'],
  [30, '<6>'],
  [40, '<4>'],
  [45, '<4>'],
  [50, '<3>'],
  [60, '<2>'],
])('pino’s level %d has the prefix %s of sd-daemon(3)', (level, prefix) => {
  expect(levelPrefix(level)).toBe(prefix);
});

test('the level of a line for the journal is its prefix and no field', () => {
  expect(journalLine('{"level":40,"subject":"a_a","msg":"failed"}\n', 40)).toBe(
    '<4>{"subject":"a_a","msg":"failed"}\n',
  );
  expect(journalLine('{"level":30}\n', 30)).toBe('<6>{}\n');
});

test('a field of that name further on in a line stays', () => {
  expect(journalLine('{"level":30,"a":{"level":7}}\n', 30)).toBe('<6>{"a":{"level":7}}\n');
});

test('a stream is the journal when systemd names its device and inode, and not otherwise', () => {
  const stream = { dev: 9n, ino: 12_345n };
  expect(isJournal('9:12345', stream)).toBe(true);
  expect(isJournal('9:1234', stream)).toBe(false);
  expect(isJournal('', stream)).toBe(false);
  expect(isJournal(undefined, stream)).toBe(false);
});
