import { describe, expect, test } from 'vitest';
import { aCap, aDelegate, aSliver, held, keyOf } from './builders.ts';
import {
  type FullUpdate,
  planExpiry,
  planFullUpdate,
  planSingleRecord,
  UNREADABLE_FIELDS,
  type UnreadableField,
  type UpdateCircumstances,
} from './plan-update.ts';
import { epochSeconds } from './quantities.ts';
import type { DeliveredRecord } from './record.ts';
import { BWCAP_KEY, type RecordKey } from './record-key.ts';

const GUARD = { max_removed_share: 0.5, min_slivers: 4 };
const NOTHING: UpdateCircumstances = {
  held: new Map(),
  heldTimestamp: undefined,
  slivers: { running: new Set(), existing: new Set() },
  now: epochSeconds(1000),
  guard: GUARD,
};

function fromPlc(timestamp: number, ...records: readonly DeliveredRecord[]): FullUpdate {
  return { source: 'plc', timestamp: epochSeconds(timestamp), records };
}

function given(changes: Partial<UpdateCircumstances>): UpdateCircumstances {
  return { ...NOTHING, ...changes };
}

const NO_CHANGES = { outcome: 'accepted', puts: [], removals: [], ignored: [], over: [] };

describe('a full update', () => {
  test('writes the records that are new', () => {
    const sliver = aSliver({ timestamp: 10 });
    expect(planFullUpdate(fromPlc(10, sliver), NOTHING)).toEqual({ ...NO_CHANGES, puts: [sliver] });
  });

  test('writes only those that differ in more than their timestamp', () => {
    const [same, other] = [aSliver({ name: 'a_a' }), aSliver({ name: 'b_b' })];
    const update = fromPlc(
      10,
      { ...same, timestamp: epochSeconds(10) },
      { ...other, timestamp: epochSeconds(10), ssh_keys: 'new' },
    );
    const decision = planFullUpdate(update, given({ held: held('plc', same, other) }));
    expect(decision).toMatchObject({ outcome: 'accepted', removals: [], ignored: [] });
    expect(decision.outcome === 'accepted' && decision.puts.map((put) => put.record_key)).toEqual([
      keyOf('b_b'),
    ]);
  });

  test('that only orders the resources of an RSpec differently writes nothing', () => {
    const before = aSliver({ rspec: { nm_cpu_share: 1, other: 2 } });
    const after = aSliver({ rspec: { other: 2, nm_cpu_share: 1 } });
    const decision = planFullUpdate(fromPlc(10, after), given({ held: held('plc', before) }));
    expect(decision).toEqual(NO_CHANGES);
  });

  test('that names an expiry for the first time, or no more, writes the record', () => {
    const [endless, ending] = [aSliver(), aSliver({ expiry: 5000 })];
    for (const [before, after] of [
      [endless, ending],
      [ending, endless],
    ] as const) {
      const decision = planFullUpdate(fromPlc(10, after), given({ held: held('plc', before) }));
      expect(decision).toEqual({ ...NO_CHANGES, puts: [after] });
    }
  });

  test('removes the records of its source that it does not renew', () => {
    const circumstances = given({ held: held('plc', aSliver(), aCap()) });
    expect(planFullUpdate(fromPlc(10), circumstances)).toEqual({
      ...NO_CHANGES,
      removals: [
        { record_key: keyOf('princeton_sirius'), reason: 'document' },
        { record_key: BWCAP_KEY, reason: 'document' },
      ],
    });
  });

  test('touches no record of another source', () => {
    const circumstances = given({
      held: new Map([...held('config', aDelegate()), ...held('ticket', aSliver())]),
    });
    expect(planFullUpdate(fromPlc(10), circumstances)).toEqual(NO_CHANGES);
  });

  test('leaves a key alone that another source has', () => {
    const circumstances = given({ held: held('config', aDelegate()) });
    expect(planFullUpdate(fromPlc(10, aDelegate({ ssh_keys: 'mine' })), circumstances)).toEqual({
      ...NO_CHANGES,
      ignored: [
        {
          record_key: 'delegate_del_snoop',
          why: "a record of source 'config' has this key",
        },
      ],
    });
  });

  test('of the node’s own configuration has its way with what PLC also says', () => {
    const own = aDelegate({ ssh_keys: 'own' });
    const update = { source: 'config', timestamp: epochSeconds(10), records: [own] } as const;
    const circumstances = given({ held: held('plc', aDelegate(), aSliver()) });
    expect(planFullUpdate(update, circumstances)).toEqual({ ...NO_CHANGES, puts: [own] });
  });

  test('from PLC takes over what a ticket stood in for, even unchanged', () => {
    const ticket = aSliver({ timestamp: 500 });
    const circumstances = given({ held: held('ticket', ticket) });
    const sliver = aSliver({ timestamp: 10 });
    expect(planFullUpdate(fromPlc(10, sliver), circumstances)).toEqual({
      ...NO_CHANGES,
      puts: [sliver],
    });
  });

  test('older than the last one from its source does nothing', () => {
    const circumstances = given({ heldTimestamp: epochSeconds(11), held: held('plc', aCap()) });
    expect(planFullUpdate(fromPlc(10, aSliver()), circumstances)).toEqual({
      outcome: 'stale',
      held_timestamp: 11,
    });
  });

  test('as old as the last one from its source counts', () => {
    const circumstances = given({ heldTimestamp: epochSeconds(10) });
    expect(planFullUpdate(fromPlc(10, aSliver()), circumstances).outcome).toBe('accepted');
  });

  test('neither writes nor removes a record that is newer than what it knows of it', () => {
    const newer = aSliver({ timestamp: 20 });
    const circumstances = given({ held: held('plc', newer) });
    expect(planFullUpdate(fromPlc(15), circumstances)).toEqual(NO_CHANGES);
    const older = aSliver({ timestamp: 15, ssh_keys: 'old' });
    expect(planFullUpdate(fromPlc(15, older), circumstances)).toEqual({
      ...NO_CHANGES,
      ignored: [{ record_key: keyOf('princeton_sirius'), why: 'it is older than the record held' }],
    });
  });

  test('that names a record twice means the first', () => {
    const [first, second] = [aSliver(), aSliver({ ssh_keys: 'second' })];
    expect(planFullUpdate(fromPlc(10, first, second), NOTHING)).toMatchObject({
      puts: [first],
      ignored: [{ why: 'the update names it twice; the first counts' }],
    });
  });

  test('does not bring in what has expired already, and lets go of it', () => {
    const over = aSliver({ expiry: 1000 });
    expect(planFullUpdate(fromPlc(10, over), given({ held: held('plc', aSliver()) }))).toEqual({
      ...NO_CHANGES,
      removals: [{ record_key: over.record_key, reason: 'document' }],
      ignored: [{ record_key: over.record_key, why: 'it has already expired' }],
      over: [over],
    });
  });

  test('that names a record as over and again as not over does not call it over', () => {
    const [over, lasting] = [aSliver({ expiry: 1000 }), aSliver({ expiry: 1001 })];
    expect(planFullUpdate(fromPlc(10, over, lasting), NOTHING)).toMatchObject({
      puts: [lasting],
      over: [],
    });
  });

  test('expires nothing while the clock is not trusted', () => {
    const over = aSliver({ expiry: 1 });
    const circumstances = given({ now: undefined });
    expect(planFullUpdate(fromPlc(10, over), circumstances)).toEqual({
      ...NO_CHANGES,
      puts: [over],
    });
  });

  test('says of a record that is over as well as unnamed that it expired', () => {
    const circumstances = given({ held: held('plc', aSliver({ expiry: 999 })) });
    expect(planFullUpdate(fromPlc(10), circumstances)).toMatchObject({
      removals: [{ reason: 'expired' }],
    });
  });
});

describe('the guard over a full update', () => {
  const slivers = ['a_a', 'b_b', 'c_c', 'd_d'].map((name) => aSliver({ name }));
  const node = given({
    held: held('plc', ...slivers),
    slivers: {
      running: new Set(slivers.map((sliver) => sliver.record_key)),
      existing: new Set(slivers.map((sliver) => sliver.record_key)),
    },
  });

  test('refuses it as a whole: what it would have written is not written either', () => {
    const update = fromPlc(10, aSliver({ name: 'new_one' }));
    const decision = planFullUpdate(update, node);
    expect(decision).toMatchObject({ outcome: 'refused', refusal: { population: 4 } });
    expect(decision).not.toHaveProperty('puts');
  });

  test('lets it pass when an operator has allowed it', () => {
    const decision = planFullUpdate(fromPlc(10), { ...node, guard: 'allowed' });
    expect(decision).toMatchObject({ outcome: 'accepted' });
    expect(decision.outcome === 'accepted' && decision.removals).toHaveLength(4);
  });

  test('lets it pass when it removes half', () => {
    expect(planFullUpdate(fromPlc(10, ...slivers.slice(0, 2)), node).outcome).toBe('accepted');
  });

  test('has no say in what expires: that is nobody’s mistake', () => {
    const over = slivers.map((sliver) => ({ ...sliver, expiry: epochSeconds(999) }));
    const circumstances = { ...node, held: held('plc', ...over) };
    expect(planFullUpdate(fromPlc(10), circumstances).outcome).toBe('accepted');
  });

  test('sees through an update that ends every slice in the past', () => {
    const ended = slivers.map((sliver) => ({ ...sliver, expiry: epochSeconds(1) }));
    expect(planFullUpdate(fromPlc(10, ...ended), node).outcome).toBe('refused');
  });

  test('sees through an update after which every slice would wait for a CreateSliver', () => {
    const waiting = slivers.map((sliver) => ({ ...sliver, plc_instantiated: false }));
    expect(planFullUpdate(fromPlc(10, ...waiting), node).outcome).toBe('refused');
    const half = [...slivers.slice(0, 2), ...waiting.slice(2)];
    expect(planFullUpdate(fromPlc(10, ...half), node).outcome).toBe('accepted');
  });

  test('does not count a record that the update may not remove', () => {
    const mine = held('config', ...slivers);
    expect(planFullUpdate(fromPlc(10), { ...node, held: mine }).outcome).toBe('accepted');
  });
});

describe('a single record', () => {
  const plan = (record: DeliveredRecord, before?: Map<RecordKey, { record: DeliveredRecord }>) =>
    planSingleRecord(
      record,
      'ticket',
      before && { record: aSliver(), source: 'ticket', ...before.get(record.record_key) },
      epochSeconds(1000),
    );

  test('is added when its key is free', () => {
    expect(plan(aSliver())).toEqual({ puts: [aSliver()], removals: [], ignored: [] });
  });

  test('delivered twice is written once', () => {
    const again = aSliver({ timestamp: 20 });
    expect(plan(again, held('ticket', aSliver()))).toMatchObject({ puts: [], ignored: [] });
  });

  test('older than the one held is ignored', () => {
    const before = held('ticket', aSliver({ timestamp: 20 }));
    expect(plan(aSliver({ timestamp: 19, ssh_keys: 'old' }), before)).toMatchObject({
      puts: [],
      ignored: [{ why: 'it is older than the record held' }],
    });
  });

  test('cannot take over what PLC has named itself', () => {
    expect(plan(aSliver({ timestamp: 99 }), held('plc', aSliver()))).toMatchObject({
      puts: [],
      ignored: [{ why: "a record of source 'plc' has this key" }],
    });
  });

  test('that has expired already is ignored', () => {
    expect(plan(aSliver({ expiry: 1000 }))).toMatchObject({ puts: [], ignored: [{}] });
  });
});

test('time passing ends every record whose expiry is not in the future, whatever its source', () => {
  const records = new Map([
    ...held('plc', aSliver({ name: 'a_a', expiry: 10 }), aSliver({ name: 'b_b', expiry: 11 })),
    ...held('ticket', aSliver({ name: 'c_c', expiry: 9 }), aSliver({ name: 'd_d' })),
    ...held('config', aCap({ expiry: 10 })),
  ]);
  expect(planExpiry(records, epochSeconds(10))).toEqual([
    { record_key: keyOf('a_a'), reason: 'expired' },
    { record_key: keyOf('c_c'), reason: 'expired' },
    { record_key: BWCAP_KEY, reason: 'expired' },
  ]);
});

describe('what a full update leaves unreadable', () => {
  const broken = (fields: readonly UnreadableField[], changes = {}): FullUpdate => ({
    ...fromPlc(10, aSliver({ timestamp: 10, id: 0, ssh_keys: 'new', ...changes })),
    unreadable: new Map([[keyOf('princeton_sirius'), fields]]),
  });
  const mine = aSliver({ id: 77, expiry: 5000, ssh_keys: 'old' });

  test('is taken from the record held; the rest of the description counts', () => {
    expect(
      planFullUpdate(broken(['id', 'expiry']), given({ held: held('plc', mine) })),
    ).toMatchObject({
      puts: [{ id: 77, expiry: 5000, ssh_keys: 'new' }],
      removals: [],
      ignored: [],
    });
  });

  test('writes nothing where nothing else has changed', () => {
    const update = broken(['id', 'expiry'], { ssh_keys: 'old' });
    expect(planFullUpdate(update, given({ held: held('plc', mine) }))).toEqual(NO_CHANGES);
  });

  test('stays without an end where the record held has none', () => {
    const { expiry: _, ...endless } = mine;
    const update = broken(['expiry'], { id: 77, expiry: 20 });
    const decision = planFullUpdate(update, given({ held: held('plc', endless as typeof mine) }));
    const [put] = decision.outcome === 'accepted' ? decision.puts : [];
    expect(put).toBeDefined();
    expect(put).not.toHaveProperty('expiry');
  });

  test('is the ticket’s where PLC takes the slice over from one', () => {
    const decision = planFullUpdate(broken(['expiry']), given({ held: held('ticket', mine) }));
    expect(decision).toMatchObject({ puts: [{ id: 0, expiry: 5000, ssh_keys: 'new' }] });
  });

  test('is all of it where nothing of it can be read: the record held stays, and a ticket’s stays the ticket’s', () => {
    const known = aSliver({ expiry: epochSeconds(2000), rspec: { nm_cpu_share: 7 } });
    const update = {
      ...fromPlc(10, aSliver({ rspec: {} })),
      unreadable: new Map([[keyOf('princeton_sirius'), UNREADABLE_FIELDS]]),
    };
    for (const source of ['plc', 'ticket'] as const) {
      const decision = planFullUpdate(update, given({ held: held(source, known) }));
      expect(decision).toMatchObject({ outcome: 'accepted', puts: [], removals: [] });
    }
    expect(planFullUpdate(update, given({}))).toMatchObject({
      puts: [],
      ignored: [{ why: 'nothing of it can be read, and no record of it is held' }],
    });
  });

  test('makes no record where none is held, and says so', () => {
    expect(planFullUpdate(broken(['id', 'expiry']), NOTHING)).toEqual({
      ...NO_CHANGES,
      ignored: [
        {
          record_key: keyOf('princeton_sirius'),
          why: 'its id and expiry cannot be read, and no record of it is held',
        },
      ],
    });
  });

  test('is over where its expiry can be read and has passed, whether a record is held or has gone', () => {
    const over = { ignored: [{ why: 'it has already expired' }], over: [{ expiry: 20 }] };
    const update = broken(['id'], { expiry: 20 });
    for (const records of [held('plc', mine), held('plc')]) {
      const circumstances = given({ held: records, now: epochSeconds(5000) });
      expect(planFullUpdate(update, circumstances)).toMatchObject(over);
    }
  });

  test('ends at the last known expiry, which is no word of this update’s', () => {
    const circumstances = given({ held: held('plc', mine), now: epochSeconds(5000) });
    expect(planFullUpdate(broken(['expiry']), circumstances)).toEqual({
      ...NO_CHANGES,
      removals: [{ record_key: keyOf('princeton_sirius'), reason: 'expired' }],
      ignored: [{ record_key: keyOf('princeton_sirius'), why: 'its last known expiry has passed' }],
    });
  });
});

describe('what a full update names in a way that is no record', () => {
  const names = ['a_a', 'b_b', 'c_c', 'd_d'];
  const all = held('plc', ...names.map((name) => aSliver({ name, expiry: 5000 })));
  const unusable = new Set(names.map(keyOf));
  const slivers = { running: unusable, existing: unusable };

  test('keeps what is held of it, and is no removal for the guard', () => {
    const update = { ...fromPlc(10), unusable };
    expect(planFullUpdate(update, given({ held: all, slivers }))).toEqual(NO_CHANGES);
  });

  test('ends at its expiry none the less', () => {
    const update = { ...fromPlc(10), unusable };
    const decision = planFullUpdate(update, given({ held: all, slivers, now: epochSeconds(5000) }));
    expect(decision).toMatchObject({
      outcome: 'accepted',
      removals: names.map((name) => ({ record_key: keyOf(name), reason: 'expired' })),
    });
  });
});
