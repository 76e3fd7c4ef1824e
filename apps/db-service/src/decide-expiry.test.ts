import { epochSeconds } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { aCap, aDelegate, aSliver, DAY, keyOf, localFacts, NOON, stateWith } from './builders.ts';
import { decideExpiry } from './decide-expiry.ts';
import { applyRows, type NodeState, type Removed } from './node-state.ts';

const key = keyOf('princeton_sirius');

function sweep(state: NodeState, now: number): NodeState {
  return applyRows(state, decideExpiry(state, epochSeconds(now), DAY));
}

function marked(mark: Omit<Removed, 'reason'>): NodeState {
  return stateWith(
    [],
    [
      { table: 'removed', key, value: { reason: 'document', ...mark } },
      { table: 'locals', key, value: localFacts({ starts: 3 }) },
    ],
  );
}

describe('a sweep', () => {
  test('does nothing when nothing is over', () => {
    const state = stateWith([aSliver({ expiry: NOON + 1 }), aDelegate(), aCap()]);
    expect(decideExpiry(state, epochSeconds(NOON), DAY)).toEqual([]);
  });

  test('ends what is over, and marks the account as expired', () => {
    const after = sweep(stateWith([aSliver({ expiry: NOON })]), NOON);
    expect(after.records.size).toBe(0);
    expect([...after.removed]).toEqual([[key, { reason: 'expired', removed_at: NOON }]]);
  });

  test('keeps the mark and the local facts for as long as the files', () => {
    const state = marked({ removed_at: epochSeconds(NOON) });
    expect(sweep(state, NOON + DAY - 1)).toEqual(state);
    const after = sweep(state, NOON + DAY);
    expect([after.removed.size, after.locals.size]).toEqual([0, 0]);
  });

  test('gives an account that was removed at an uncertain time its whole day from now', () => {
    const state = marked({ removed_at: epochSeconds(5), untimed: true });
    const after = sweep(state, NOON);
    expect(after.removed.get(key)).toEqual({ reason: 'document', removed_at: NOON });
    expect(after.locals.size).toBe(1);
    expect(sweep(after, NOON + DAY - 1)).toEqual(after);
  });
});
