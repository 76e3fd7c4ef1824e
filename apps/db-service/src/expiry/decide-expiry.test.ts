import { type EpochSeconds, epochSeconds, type Source } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { applyRows, type NodeState, type Removed } from '../store/node-state.ts';
import {
  aCap,
  aDelegate,
  aSliver,
  DAY,
  keyOf,
  localFacts,
  NOON,
  stateWith,
} from '../test-support/builders.test-support.ts';
import { decideExpiry } from './decide-expiry.ts';

const key = keyOf('princeton_sirius');
/** PLC's document was unchanged then: what is stored is from before. */
const VOUCHED: ReadonlyMap<Source, EpochSeconds> = new Map([['plc', epochSeconds(NOON + 7)]]);

function sweep(state: NodeState, now: number): NodeState {
  return applyRows(state, decideExpiry(state, epochSeconds(now), DAY, VOUCHED));
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

describe('sweeps', () => {
  test('a sweep does nothing when nothing is over', () => {
    const state = stateWith([aSliver({ expiry: NOON + 1 }), aDelegate(), aCap()]);
    expect(decideExpiry(state, epochSeconds(NOON), DAY, VOUCHED)).toEqual([]);
  });

  test('a sweep ends what is over, and marks the account as expired', () => {
    const after = sweep(stateWith([aSliver({ expiry: NOON })]), NOON);
    expect(after.records.size).toBe(0);
    expect([...after.removed]).toEqual([[key, { reason: 'expired', removed_at: NOON }]]);
  });

  test('a sweep leaves as the last word on PLC’s sliver when PLC last vouched for it', () => {
    const over = aSliver({ expiry: NOON + 8 });
    expect([...sweep(stateWith([over]), NOON + 9).lastWords]).toEqual([
      [key, { issued: NOON + 7 }],
    ]);
    const { lastWords } = applyRows(
      stateWith([over]),
      decideExpiry(stateWith([over]), epochSeconds(NOON + 9), DAY, new Map()),
    );
    expect([...lastWords]).toEqual([[key, { issued: NOON }]]);
  });

  test('a sweep leaves no word on a ticket’s sliver, which has the ticket’s, nor on what is no sliver', () => {
    const ofTicket = stateWith([aSliver({ expiry: NOON })], [], 'ticket');
    expect(sweep(ofTicket, NOON).lastWords.size).toBe(0);
    const delegate = { ...aDelegate(), expiry: epochSeconds(NOON) };
    const after = sweep(stateWith([delegate]), NOON);
    expect([after.records.size, after.lastWords.size]).toEqual([0, 0]);
  });

  test('a sweep keeps the mark and the local facts for as long as the files', () => {
    const state = marked({ removed_at: epochSeconds(NOON) });
    expect(sweep(state, NOON + DAY - 1)).toEqual(state);
    const after = sweep(state, NOON + DAY);
    expect([after.removed.size, after.locals.size]).toEqual([0, 0]);
  });

  test('a sweep gives an account that was removed at an uncertain time its whole day from now', () => {
    const state = marked({ removed_at: epochSeconds(5), untimed: true });
    const after = sweep(state, NOON);
    expect(after.removed.get(key)).toEqual({ reason: 'document', removed_at: NOON });
    expect(after.locals.size).toBe(1);
    expect(sweep(after, NOON + DAY - 1)).toEqual(after);
  });
});
