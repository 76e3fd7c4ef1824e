import { expect, test } from 'vitest';
import { asFault, FAULT_NAMES, FAULTS, Fault } from './index.ts';

test('every fault has the code that the API documents', () => {
  const codes = Object.fromEntries(FAULT_NAMES.map((name) => [name, FAULTS[name].code]));
  expect(codes).toEqual({
    'no-such-method': 100,
    'wrong-argument-count': 101,
    'bad-argument': 102,
    'permission-denied': 108,
    unavailable: 111,
    internal: 111,
    'not-xml-rpc': -32700,
  });
});

test('an error from elsewhere becomes an internal fault and keeps its cause', () => {
  const cause = new TypeError('boom');
  expect(asFault(cause)).toMatchObject({ kind: 'internal', message: 'boom', cause });
});

test('a fault stays the fault that it was', () => {
  const fault = new Fault('bad-argument', 'no such sliver');
  expect(asFault(fault)).toBe(fault);
});
