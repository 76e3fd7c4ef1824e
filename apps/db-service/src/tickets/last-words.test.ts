import { epochSeconds } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyRows, EMPTY_STATE, FORGOTTEN, type NodeState } from '../store/node-state.ts';
import { aSliver, keyOf, stateWith } from '../test-support/builders.test-support.ts';
import { heldByTicket, lastWordOn, lastWordRows } from './last-words.ts';

const MOST = 3;

function remember(state: NodeState, name: string, issued: number, ticket?: string): NodeState {
  const word = { issued: epochSeconds(issued), ticket };
  return applyRows(state, lastWordRows(state, [[keyOf(name), word]], MOST));
}

test('a word is remembered until a later one comes, and an earlier one says nothing', () => {
  const state = remember(EMPTY_STATE, 'a_a', 5, 'one');
  expect(lastWordRows(state, [[keyOf('a_a'), { issued: epochSeconds(4) }]])).toEqual([]);
  expect(lastWordOn(remember(state, 'a_a', 6), keyOf('a_a'))?.issued).toBe(6);
});

test('a word of the same second says nothing, but that a ticket is told from a document', () => {
  const KEY = keyOf('a_a');
  const word = (ticket?: string) => [[KEY, { issued: epochSeconds(5), ticket }]] as const;
  const document = remember(EMPTY_STATE, 'a_a', 5);
  expect(lastWordRows(document, word())).toEqual([]);
  expect(lastWordRows(document, word('one'))).toHaveLength(1);
  const ticket = remember(document, 'a_a', 5, 'one');
  for (const each of ['one', 'two', undefined])
    expect(lastWordRows(ticket, word(each))).toEqual([]);
});

test('the oldest words are forgotten first, and count from then on for every slice not remembered', () => {
  const names = ['a_a', 'b_b', 'c_c', 'd_d', 'e_e'];
  const state = names.reduce((held, name, at) => remember(held, name, 10 + at), EMPTY_STATE);
  expect([...state.lastWords.keys()].sort()).toEqual(
    [FORGOTTEN, ...['c_c', 'd_d', 'e_e'].map(keyOf)].sort(),
  );
  expect(lastWordOn(state, keyOf('a_a'))?.issued).toBe(11);
  expect(lastWordOn(state, keyOf('never_seen'))?.issued).toBe(11);
  expect(lastWordOn(state, keyOf('e_e'))?.issued).toBe(14);
});

test('a word that is lost stays lost, on its slice or forgotten, until its time is settled', () => {
  const lost = { issued: epochSeconds(5), untimed: true } as const;
  const rows = [{ table: 'last_words', key: keyOf('a_a'), value: lost }] as const;
  const held = remember(applyRows(EMPTY_STATE, rows), 'a_a', 9);
  expect(held.lastWords.get(keyOf('a_a'))).toEqual(lost);
  const names = ['b_b', 'c_c', 'd_d', 'e_e'];
  const state = names.reduce((before, name, at) => remember(before, name, 10 + at), held);
  expect(lastWordOn(state, keyOf('a_a'))?.untimed).toBe(true);
});

test.each([
  ['later', 20, undefined],
  ['lost, and nobody knows how late', 1, true],
] as const)(
  'what is forgotten counts for a remembered slice too where it is %s, but for one that stands by a ticket',
  (_what, issued, untimed) => {
    const KEY = keyOf('a_a');
    const forgotten = { issued: epochSeconds(issued), untimed } as const;
    const rows = [{ table: 'last_words', key: FORGOTTEN, value: forgotten }] as const;
    const alone = applyRows(remember(EMPTY_STATE, 'a_a', 10), rows);
    expect(lastWordOn(alone, KEY)).toEqual(forgotten);
    const standing = stateWith([aSliver({ name: 'a_a' })], rows, 'ticket');
    expect(lastWordOn(remember(standing, 'a_a', 10), KEY)?.issued).toBe(10);
  },
);

test('a ticket is known while its slice has a ticket’s record, and no longer', () => {
  const sliver = aSliver({ name: 'a_a' });
  const held = remember(stateWith([sliver], [], 'ticket'), 'a_a', 5, 'one');
  expect(heldByTicket(held, 'one')).toBe(keyOf('a_a'));
  expect(heldByTicket(held, 'two')).toBeUndefined();
  expect(heldByTicket(remember(stateWith([sliver]), 'a_a', 5, 'one'), 'one')).toBeUndefined();
  expect(heldByTicket(remember(EMPTY_STATE, 'a_a', 5, 'one'), 'one')).toBeUndefined();
});

test('whatever is said and forgotten, no slice’s last word ever becomes an earlier one', () => {
  const words = fc.array(
    fc.record({ name: fc.constantFrom('a_a', 'b_b', 'c_c', 'd_d', 'e_e'), issued: fc.nat(20) }),
  );
  fc.assert(
    fc.property(words, (said) => {
      const latest = new Map<string, number>();
      let state = EMPTY_STATE;
      for (const { name, issued } of said) {
        state = remember(state, name, issued);
        latest.set(name, Math.max(issued, latest.get(name) ?? 0));
        for (const [each, time] of latest) {
          expect(lastWordOn(state, keyOf(each))?.issued).toBeGreaterThanOrEqual(time);
        }
        const remembered = [...state.lastWords.keys()].filter((key) => key !== FORGOTTEN);
        expect(remembered.length).toBeLessThanOrEqual(MOST);
      }
    }),
  );
});
