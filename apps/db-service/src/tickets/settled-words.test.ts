import { epochSeconds } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { applyRows, EMPTY_STATE, FORGOTTEN, type LastWord } from '../store/node-state.ts';
import { keyOf, NOON } from '../test-support/builders.test-support.ts';
import { settledRows } from './settled-words.ts';

const KEY = keyOf('a_a');
const NOW = epochSeconds(NOON);

function stateOf(word: Omit<LastWord, 'issued'> & { readonly issued: number }) {
  const value = { ...word, issued: epochSeconds(word.issued) };
  return applyRows(EMPTY_STATE, [
    { table: 'last_words', key: KEY, value },
    { table: 'last_words', key: FORGOTTEN, value },
  ]);
}

test.each([
  ['is lost, whatever time it bears', { issued: 5, untimed: true }, {}],
  ['is lost under a clock that was ahead', { issued: NOON + 1e8, untimed: true }, {}],
  ['is of the future', { issued: NOON + 1e8, ticket: 'one' }, { ticket: 'one' }],
] as const)('a word that %s counts as said now, and is settled then', (_what, word, stays) => {
  const state = stateOf(word);
  const settled = applyRows(state, settledRows(state, NOW));
  expect([...settled.lastWords.values()]).toEqual([
    { ...stays, issued: NOW },
    { ...stays, issued: NOW },
  ]);
  expect(settledRows(settled, NOW)).toEqual([]);
});

test.each([NOON - 1e8, NOON, NOON + 300])('a word of %s stays', (issued) => {
  expect(settledRows(stateOf({ issued }), NOW)).toEqual([]);
});
