import { expect, test } from 'vitest';
import { AWAY, aDelegate, aFailure, answered, aSliver } from '../test-support/builders.ts';
import { restTextOf, summariseSlivers } from './sliver-summary.ts';

const accounts = answered([
  { name: 'princeton_sirius', item: aSliver() },
  { name: 'del_snoop', item: aDelegate() },
]);
const observed = answered([
  { name: 'princeton_sirius', state: 'running', detail: {} },
  { name: 'del_snoop', state: 'delegate', detail: {} },
  { name: 'left_over', state: 'stopped', detail: {} },
]);

const states = (slivers: ReturnType<typeof summariseSlivers>) =>
  slivers.map(({ name, state, item }) => [name, state, item !== undefined]);

test('slivers with a record and those that only the machine has are listed, delegates are not', () => {
  expect(states(summariseSlivers(accounts, observed, []))).toEqual([
    ['left_over', 'stopped', false],
    ['princeton_sirius', 'running', true],
  ]);
});

test('without db-service a delegate is known by its state', () => {
  expect(states(summariseSlivers(AWAY, observed, []))).toEqual([
    ['left_over', 'stopped', false],
    ['princeton_sirius', 'running', false],
  ]);
});

test('without the supervisor states are unknown, without the machine knowing it a sliver is absent', () => {
  expect(states(summariseSlivers(accounts, AWAY, []))).toEqual([
    ['princeton_sirius', 'unknown', true],
  ]);
  expect(states(summariseSlivers(accounts, answered([]), []))).toEqual([
    ['princeton_sirius', 'absent', true],
  ]);
});

test('an item that cannot be read costs its own row and no other', () => {
  const mixed = answered([...accounts.value, { name: 'x_y', item: { kind: 'nonsense' } }]);
  const slivers = summariseSlivers(mixed, AWAY, []);
  expect(slivers.map(({ name, lacks }) => [name, lacks])).toEqual([
    ['princeton_sirius', undefined],
    ['x_y', 'its record cannot be read'],
  ]);
});

test('a failure is shown with the sliver that it concerns', () => {
  const failure = { daemon: 'account-supervisor', ...aFailure() } as const;
  const [sliver] = summariseSlivers(accounts, AWAY, [failure, { ...failure, subject: 'node' }]);
  expect(sliver?.failures).toEqual([failure]);
});

test('a sliver that PLC has not instantiated waits for CreateSliver', () => {
  const record = { plc_instantiated: false };
  expect(restTextOf(aSliver({ record }))).toBe('waits for CreateSliver');
  expect(restTextOf(aSliver({ record, local: { created: true } }))).toBeUndefined();
});
