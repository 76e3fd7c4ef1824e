import { epochSeconds } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { type LoginNote, MAX_NOTE_LINE, readLoginNote, renderLoginNote } from './login-note.ts';

const NOTE: LoginNote = {
  cause: 'stopped',
  since: epochSeconds(1_700_000_000),
  line: "is stopped by Stop; 'ssh a_b@node start' starts it",
};

test('a note is a line for people, and one with its cause and its time', () => {
  expect(renderLoginNote(NOTE)).toBe(`${NOTE.line}\nstopped 1700000000\n`);
  expect(renderLoginNote({ ...NOTE, since: undefined })).toBe(`${NOTE.line}\nstopped -\n`);
});

test('a note is read as it was written, also one whose time is not known, or whose line is as long as can be', () => {
  const long = { ...NOTE, line: 'x'.repeat(MAX_NOTE_LINE) };
  for (const note of [NOTE, { ...NOTE, cause: 'removal', since: undefined } as const, long]) {
    expect(readLoginNote(renderLoginNote(note))).toEqual(note);
  }
});

test.each([
  ['is empty', ''],
  ['is one line', 'is stopped\n'],
  ['has a cause that there is not', 'is stopped\nfloating -\n'],
  ['is cut', 'is stopped\nstopped 17'],
  ['has more than two lines', 'is stopped\nstopped -\nmore\n'],
  ['has what a terminal would obey', 'is \x1b[2Jstopped\nstopped -\n'],
  ['has a line that is too long', `${'x'.repeat(MAX_NOTE_LINE + 1)}\nstopped -\n`],
])('a file that %s is a note of an unknown cause, to be replaced', (_what, text) => {
  expect(readLoginNote(text)).toEqual({ cause: 'unknown', line: '' });
});
