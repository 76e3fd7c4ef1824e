import { expect, test } from 'vitest';
import { oneLine } from './one-line.ts';

test('an error is its message', () => {
  expect(oneLine(new Error('no such file'))).toBe('no such file');
});

test('causes follow, unless the message has them already', () => {
  const cause = new Error('disk full');
  expect(oneLine(new Error('cannot write', { cause }))).toBe('cannot write: disk full');
  expect(oneLine(new Error('cannot write: disk full', { cause }))).toBe('cannot write: disk full');
});

test('several lines become one', () => {
  expect(oneLine(new Error('first\n  second\r\nthird\n'))).toBe('first; second; third');
});

test('an error without a message is at least its name', () => {
  expect(oneLine(new AggregateError([]))).toBe('AggregateError');
});

test('what is no error is shown as it is', () => {
  expect(oneLine('plain text')).toBe('plain text');
  expect(oneLine(undefined)).toBe('undefined');
});
