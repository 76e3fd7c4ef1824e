import { epochSeconds } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { applyRows, EMPTY_STATE, type NodeState } from '../store/node-state.ts';
import {
  aCap,
  aDelegate,
  anUpdate,
  aSliver,
  keyOf,
  localFacts,
  NOON,
  POLICY,
  stateWith,
} from '../test-support/builders.test-support.ts';
import { type Circumstances, decideFullUpdate, protectedSlivers } from './decide-update.ts';

const NOW: Circumstances = { now: epochSeconds(NOON), clockTrusted: true, ...POLICY };
const FOUR = ['a_a', 'b_b', 'c_c', 'd_d'].map((name) => aSliver({ name }));

/** Decides and carries out; the decision and the state after it. */
function deliver(update: ReturnType<typeof anUpdate>, state: NodeState, now = NOW) {
  const decision = decideFullUpdate(update, state, now);
  return { ...decision, after: applyRows(state, decision.rows) };
}

describe('full updates', () => {
  test('a full update brings its records in, each with the update’s timestamp', () => {
    const update = anUpdate({ timestamp: NOON + 5, records: [aSliver(), aCap()] });
    const { result, after } = deliver(update, EMPTY_STATE);
    expect(result).toEqual({ outcome: 'accepted', written: 2, removed: 0, ignored: [] });
    expect(after.records.get(keyOf('princeton_sirius'))).toEqual({
      record: { ...aSliver(), timestamp: NOON + 5 },
      source: 'plc',
    });
    expect(after.sources.get('plc')).toEqual({
      timestamp: NOON + 5,
      digest: update.digest,
      boot_id: 'boot-1',
    });
  });

  test('delivered twice writes no row', () => {
    const update = anUpdate({ records: [aSliver(), aCap()] });
    const { after } = deliver(update, EMPTY_STATE);
    const again = deliver({ ...update, timestamp: epochSeconds(NOON + 60) }, after);
    expect(again.rows).toEqual([]);
    expect(again.result).toEqual({ outcome: 'accepted', written: 0, removed: 0, ignored: [] });
  });

  test('that changes one sliver of four writes that one and its source', () => {
    const { after } = deliver(anUpdate({ records: FOUR }), EMPTY_STATE);
    const records = [...FOUR.slice(1), aSliver({ name: 'a_a', ssh_keys: 'new' })];
    const { rows } = deliver(anUpdate({ timestamp: NOON + 60, records }), after);
    expect(rows.map(({ table, key }) => `${table} ${key}`)).toEqual([
      'records sliver_a_a',
      'sources plc',
    ]);
  });

  test('confirmed in another boot notes the boot and nothing else', () => {
    const update = anUpdate({ records: FOUR });
    const { after } = deliver(update, EMPTY_STATE);
    const { rows } = deliver({ ...update, boot_id: 'boot-2' }, after);
    expect(rows).toMatchObject([{ table: 'sources', value: { boot_id: 'boot-2' } }]);
  });

  test('that nobody has vouched for since boot leaves the boot as it was', () => {
    const { after } = deliver(anUpdate({ records: FOUR }), EMPTY_STATE);
    const kept = anUpdate({ records: FOUR.slice(1), boot_id: undefined });
    expect(deliver(kept, after).after.sources.get('plc')?.boot_id).toBe('boot-1');
  });

  test('older than the last one changes nothing', () => {
    const { after } = deliver(anUpdate({ records: FOUR }), EMPTY_STATE);
    const { rows, result } = deliver(anUpdate({ timestamp: NOON - 1, records: [] }), after);
    expect(rows).toEqual([]);
    expect(result).toEqual({ outcome: 'stale', held_timestamp: NOON });
  });

  test('older than one that changed nothing, and so was not stored, changes nothing either', () => {
    const { after } = deliver(anUpdate({ records: FOUR }), EMPTY_STATE);
    const now = { ...NOW, vouchedAt: epochSeconds(NOON + 100) };
    const late = anUpdate({ timestamp: NOON + 99, records: [] });
    expect(deliver(late, after, now)).toMatchObject({
      rows: [],
      result: { held_timestamp: NOON + 100 },
    });
  });

  test('a full update leaves out the records that are none, says why, and takes the rest', () => {
    const records = [
      aSliver(),
      { ...aSliver({ name: 'a_a' }), ssh_keys: 7 },
      { record_key: { toString: 'no function' } },
      null,
      'text',
    ];
    const { result, after } = deliver(anUpdate({ records }), EMPTY_STATE);
    expect([...after.records.keys()]).toEqual([keyOf('princeton_sirius')]);
    expect(result).toMatchObject({
      written: 1,
      ignored: [
        { record_key: 'sliver_a_a', why: expect.stringMatching(/^ssh_keys: /) },
        { record_key: '(no key)' },
        { record_key: '(no key)' },
        { record_key: '(no key)' },
      ],
    });
  });
});

describe('removed accounts', () => {
  const { after: before } = deliver(anUpdate({ records: [aSliver(), aCap()] }), EMPTY_STATE);
  const key = keyOf('princeton_sirius');

  test('an account that an update removes leaves a mark of why and when; its local facts stay', () => {
    const lent = localFacts({ stopped: true });
    const state = applyRows(before, [{ table: 'locals', key, value: lent }]);
    const { after } = deliver(anUpdate({ records: [] }), state);
    expect([...after.records]).toEqual([]);
    expect([...after.removed]).toEqual([[key, { reason: 'document', removed_at: NOON }]]);
    expect(after.locals.get(key)).toEqual(lent);
  });

  test('an account that an update removes leaves a mark that says when the time cannot be believed', () => {
    const { after } = deliver(anUpdate({ records: [] }), before, { ...NOW, clockTrusted: false });
    expect(after.removed.get(key)).toMatchObject({ untimed: true });
  });

  test('an account that an update removes loses the mark when it comes back', () => {
    const { after: gone } = deliver(anUpdate({ records: [] }), before);
    const { after } = deliver(anUpdate({ timestamp: NOON + 1, records: [aSliver()] }), gone);
    expect(after.removed.size).toBe(0);
    expect(after.records.has(key)).toBe(true);
  });
});

describe('guard', () => {
  const { after: node } = deliver(anUpdate({ records: FOUR }), EMPTY_STATE);
  const empty = anUpdate({ timestamp: NOON + 60, records: [aCap()] });

  test('the guard keeps the last good state and what it has refused, whole', () => {
    const { result, rows, after } = deliver(empty, node);
    expect(result).toEqual({
      outcome: 'refused',
      reason: expect.stringContaining('4 of 4 running slivers'),
    });
    expect(rows.map(({ table }) => table)).toEqual(['holds']);
    expect(after.records).toEqual(node.records);
    expect(after.holds.get('plc')).toMatchObject({
      digest: empty.digest,
      since: NOON,
      records: [{ record_key: 'bwcap', timestamp: NOON + 60 }],
    });
  });

  test('the guard refuses the same update again without a write', () => {
    const { after } = deliver(empty, node);
    const later = { ...NOW, now: epochSeconds(NOON + 100) };
    expect(deliver({ ...empty, timestamp: epochSeconds(NOON + 90) }, after, later).rows).toEqual(
      [],
    );
  });

  test('the guard notes that a refused update has been vouched for since boot, and keeps its first moment', () => {
    const { after } = deliver({ ...empty, boot_id: undefined }, node);
    const later = { ...NOW, now: epochSeconds(NOON + 100) };
    const { after: noted } = deliver({ ...empty, boot_id: 'boot-2' }, after, later);
    expect(noted.holds.get('plc')).toMatchObject({ boot_id: 'boot-2', since: NOON });
  });

  test('the guard lets go of what it has refused when a better update comes', () => {
    const { after } = deliver(empty, node);
    const better = anUpdate({ timestamp: NOON + 120, records: FOUR });
    expect(deliver(better, after).after.holds.size).toBe(0);
  });

  test('the guard protects what exists, and what of it should be running: enabled and not stopped', () => {
    const state = stateWith(
      [
        aSliver({ name: 'runs_a' }),
        aSliver({ name: 'off_a', rspec: { nm_enabled: 0 } }),
        aSliver({ name: 'stopped_a' }),
        aSliver({ name: 'not_created', plc_instantiated: false }),
        aSliver({ name: 'created_a', plc_instantiated: false }),
        aDelegate(),
        aCap(),
      ],
      [
        { table: 'locals', key: keyOf('stopped_a'), value: localFacts({ stopped: true }) },
        { table: 'locals', key: keyOf('created_a'), value: localFacts({ created: true }) },
      ],
    );
    const { running, existing } = protectedSlivers(state, POLICY.defaults);
    expect([...running]).toEqual([keyOf('runs_a'), keyOf('created_a')]);
    const exist = ['runs_a', 'off_a', 'stopped_a', 'created_a'];
    expect([...existing].sort()).toEqual(exist.map(keyOf).sort());
  });
});

test('what should run is judged with the node’s own defaults, as everywhere else', () => {
  const state = stateWith(FOUR);
  const defaults = { ...POLICY.defaults, nm_enabled: 0 };
  expect(protectedSlivers(state, defaults).running.size).toBe(0);
  const enabled = stateWith(FOUR.map((each) => ({ ...each, rspec: { nm_enabled: 1 } })));
  expect(protectedSlivers(enabled, defaults).running.size).toBe(4);
});
