import { expect, test } from 'vitest';
import { aSliver } from '../test-support/builders.test-support.ts';
import { wordToMakeWay } from './word-on-account.ts';

const wanted = { type: 'sliver', item: aSliver() } as const;

test('an account that is wanted goes for another of its name, or because its user id is taken', () => {
  expect(wordToMakeWay(wanted, true).why).toBe('an account of the other type takes its name');
  expect(wordToMakeWay(wanted, false)).toEqual({
    why: 'its user id is somebody else’s by now',
    by: { kind: 'supervisor' },
  });
});

test('one that is not wanted goes for what its record says, whoever has its user id', () => {
  const unwanted = { type: 'sliver', item: undefined } as const;
  expect(wordToMakeWay(unwanted, false).why).toBe('it has no record');
});
