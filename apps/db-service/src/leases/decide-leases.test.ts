import { join } from 'node:path';
import { epochSeconds, LEASES_KEY } from '@nodemgr/records';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyRows, type NodeState } from '../store/node-state.ts';
import {
  aSliver,
  deliverFresh,
  FakeClock,
  keyOf,
  localFacts,
  NOON,
  openService,
  type Service,
  stateWith,
  temporaryFolder,
  theLeases,
} from '../test-support/builders.test-support.ts';
import { decideLeases, nextLeaseChange } from './decide-leases.ts';

const A = keyOf('a_a');
const B = keyOf('b_b');
const slivers = [aSliver({ name: 'a_a' }), aSliver({ name: 'b_b' })];
const LEASES = theLeases('lease_or_idle', ['a_a', NOON, NOON + 60], ['b_b', NOON + 60, NOON + 90]);

const look = (state: NodeState, now: number, clockTrusted = true): NodeState =>
  applyRows(state, decideLeases(state, { now: epochSeconds(now), clockTrusted }));

/** When the leases end by which each of the slivers holds the node. */
const ends = (state: NodeState) => [A, B].map((key) => state.locals.get(key)?.leased_until ?? 0);

describe('a trusted clock', () => {
  test('begins and ends leases to the second, back to back', () => {
    const node = stateWith([...slivers, LEASES]);
    const seen = [-1, 0, 59, 60, 89, 90].map((after) => ends(look(node, NOON + after)));
    expect(seen).toEqual([
      [0, 0],
      [NOON + 60, 0],
      [NOON + 60, 0],
      [0, NOON + 90],
      [0, NOON + 90],
      [0, 0],
    ]);
  });

  test('changes nothing twice', () => {
    const node = look(stateWith([...slivers, LEASES]), NOON);
    expect(decideLeases(node, { now: epochSeconds(NOON + 1), clockTrusted: true })).toEqual([]);
  });

  test('ends the lease of a slice of which the document has no more, and of a node that is no more reservable', () => {
    const node = look(stateWith([...slivers, LEASES]), NOON);
    const without = (value: ReturnType<typeof theLeases> | undefined) =>
      applyRows(node, [
        {
          table: 'records',
          key: LEASES_KEY,
          value: value === undefined ? undefined : { record: value, source: 'plc' },
        },
      ]);
    expect(ends(look(without(theLeases('lease_or_idle')), NOON + 1))).toEqual([0, 0]);
    expect(ends(look(without(undefined), NOON + 1))).toEqual([0, 0]);
    const later = theLeases('lease_or_idle', ['a_a', NOON, NOON + 600]);
    expect(ends(look(without(later), NOON + 1))).toEqual([NOON + 600, 0]);
  });

  test('leaves the other local facts as they are, and nothing to a sliver that is gone', () => {
    const facts = localFacts({ starts: 3, stopped: true, leased_until: NOON + 60 });
    const node = stateWith([LEASES], [{ table: 'locals', key: A, value: facts }]);
    expect(look(node, NOON).locals.get(A)).toEqual({ ...facts, leased_until: 0 });
  });
});

describe('a clock that is not trusted', () => {
  test('begins no lease and ends none', () => {
    const node = stateWith([...slivers, LEASES]);
    expect(ends(look(node, NOON + 10, false))).toEqual([0, 0]);
    expect(ends(look(look(node, NOON), NOON + 75, false))).toEqual([NOON + 60, 0]);
    expect(ends(look(look(look(node, NOON), NOON + 75, false), NOON + 75))).toEqual([0, NOON + 90]);
  });

  test('keeps no lease of which its authority knows nothing any more', () => {
    const node = look(stateWith([...slivers, LEASES]), NOON);
    const record = theLeases('lease_or_idle', ['b_b', NOON + 60, NOON + 90]);
    const after = applyRows(node, [
      { table: 'records', key: LEASES_KEY, value: { record, source: 'plc' } },
    ]);
    expect(ends(look(after, NOON + 1, false))).toEqual([0, 0]);
  });
});

test('the next change is that of a slice that the node has', () => {
  const far = theLeases('lease_or_idle', ['x_x', NOON + 5, NOON + 6], ['a_a', NOON + 9, NOON + 10]);
  expect(nextLeaseChange(stateWith([...slivers, far]), epochSeconds(NOON))).toBe(NOON + 9);
  expect(nextLeaseChange(stateWith(slivers), epochSeconds(NOON))).toBeUndefined();
});

const standings = ({ keeper }: Service): readonly unknown[] =>
  keeper
    .snapshot()
    .entries.flatMap(({ item }) => (item?.kind === 'account' ? [item.lease?.standing] : []));

test('a node that is rebooted in the midst of a lease goes on with it, and waits for a trusted clock to end it', () => {
  const file = join(temporaryFolder(), 'nodemgr.sqlite');
  const clock = new FakeClock();
  const before = openService(file, { clock });
  deliverFresh(before, [...slivers, LEASES]);
  expect(standings(before)).toEqual(['holds', 'rests']);
  before.loaded.store.close();
  clock.pass(70);
  clock.isSynchronised = false;
  const after = openService(file, { clock, bootId: 'boot-2' });
  after.deliveries.sweep();
  expect(standings(after)).toEqual(['holds', 'rests']);
  clock.isSynchronised = true;
  after.deliveries.sweep();
  expect(standings(after)).toEqual(['rests', 'holds']);
  const { events } = after.keeper.events({ limit: 1000 });
  const told = events.filter(({ what }) => what.startsWith('lease-'));
  expect(told.map(({ account, what, by }) => `${account} ${what} ${by.kind}`)).toEqual([
    'a_a lease-began clock',
    'a_a lease-ended clock',
    'b_b lease-began clock',
  ]);
  after.loaded.store.close();
});

test('a lease that a document withdraws or changes ends or changes by that document in the history', () => {
  const service = openService(join(temporaryFolder(), 'nodemgr.sqlite'));
  const deliver = (...leases: readonly (readonly [string, number, number])[]) =>
    deliverFresh(service, [...slivers, theLeases('lease_or_idle', ...leases)]);
  deliver(['a_a', NOON - 60, NOON + 60]);
  deliver(['a_a', NOON - 60, NOON + 90]);
  deliver();
  const { events } = service.keeper.events({ limit: 1000 });
  const told = events.filter(({ what }) => what.startsWith('lease-'));
  expect(told.map(({ what, why, by }) => [what, by.kind, why])).toEqual([
    ['lease-began', 'clock', expect.stringMatching(/^it has the node until /)],
    ['lease-changed', 'plc', expect.stringMatching(/^it has the node until /)],
    [
      'lease-ended',
      'plc',
      expect.stringMatching(/^its lease until \S+ is not in the document of \S+$/),
    ],
  ]);
  service.loaded.store.close();
});

const lease = fc
  .tuple(fc.constantFrom('a_a', 'b_b', 'x_x'), fc.nat({ max: 20 }), fc.integer({ min: 1, max: 9 }))
  .map(([name, from, length]) => [name, NOON + from, NOON + from + length] as const);

test('the leases in force follow from the last trusted look alone, whatever came before it', () => {
  const looks = fc.array(fc.tuple(fc.nat({ max: 40 }), fc.boolean()), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(lease, { maxLength: 6 }), looks, (leases, looks) => {
      const node = stateWith([...slivers, theLeases('lease_or_shared', ...leases)]);
      const end = looks.reduce(
        (state, [after, trusted]) => look(state, NOON + after, trusted),
        node,
      );
      const last = looks.findLast(([, trusted]) => trusted);
      expect(ends(end)).toEqual(last === undefined ? [0, 0] : ends(look(node, NOON + last[0])));
    }),
  );
});
