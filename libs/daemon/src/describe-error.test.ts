import { AssertionError } from 'node:assert';
import { readFileSync } from 'node:fs';
import { Fault } from '@nodemgr/faults';
import { describe, expect, test } from 'vitest';
import { describeError, errorBeside, isDefect, unhandled } from './describe-error.ts';

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const missing = thrownBy(() => readFileSync('/no/such/file'));

describe('an error in the log', () => {
  test('that the system gave is its message and its code, without a stack', () => {
    expect(describeError(missing)).toEqual({
      message: "ENOENT: no such file or directory, open '/no/such/file'",
      code: 'ENOENT',
    });
  });

  test('that is a Fault is its message, with those of its causes, and its kind', () => {
    const fault = new Fault('unavailable', 'the keys cannot be read', { cause: missing });
    expect(describeError(fault)).toEqual({
      message: "the keys cannot be read: ENOENT: no such file or directory, open '/no/such/file'",
      code: 'unavailable',
    });
  });

  test('that an ordinary Error says of its surroundings has no stack', () => {
    expect(describeError(new Error('several\nlines'))).toEqual({ message: 'several; lines' });
  });

  test.each([
    ['a TypeError', thrownBy(() => (undefined as unknown as { x: 1 }).x)],
    ['a failed assertion', new AssertionError({ message: 'wrong' })],
    ['a Fault of kind internal', new Fault('internal', 'wrong')],
    ['an error with such a cause', new Error('failed', { cause: new RangeError('too deep') })],
  ])('that is a defect has its stack: %s', (_, error) => {
    expect(isDefect(error)).toBe(true);
    expect(describeError(error).stack).toMatch(/^\s+at /m);
  });

  test('that fetch wraps in a TypeError is no defect where the system failed', () => {
    expect(isDefect(new TypeError('fetch failed', { cause: missing }))).toBe(false);
  });

  test('that nobody has handled is a defect, whatever it was thrown for', () => {
    const described = describeError(unhandled(missing));
    expect(described).toMatchObject({ code: 'internal', stack: expect.stringContaining('at ') });
    expect(described.message.match(/ENOENT/g)).toHaveLength(1);
  });

  test('that is no Error is described by what it is', () => {
    expect(describeError('text')).toEqual({ message: 'text' });
  });

  test('whose cause is itself is described once', () => {
    const error = new Error('round');
    error.cause = error;
    expect(describeError(error)).toEqual({ message: 'round' });
  });
});

test('an error beside a reason that says the same is left out, but for a defect', () => {
  const reason = `start: ${(missing as Error).message}`;
  expect(errorBeside(reason, missing)).toEqual({});
  expect(errorBeside('start failed', missing)).toEqual({ err: missing });
  const defect = new TypeError('x is undefined');
  expect(errorBeside('x is undefined', defect)).toEqual({ err: defect });
  expect(errorBeside('start failed', undefined)).toEqual({});
});
