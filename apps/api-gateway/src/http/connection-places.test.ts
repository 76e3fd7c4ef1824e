import { accountName, hostUid } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SharingCaller, withShares } from '../caller/caller-shares.ts';
import { ConnectionPlaces } from './connection-places.ts';

const ROOT = withShares({ kind: 'root', uid: hostUid(0) });
const sliver = (name: string, uid = 30_000) =>
  withShares({ kind: 'sliver', uid: hostUid(uid), name: accountName(name) });
const user = (uid: number) =>
  withShares({ kind: 'nobody', uid: hostUid(uid), why: 'for this test' });
const UNNAMED = withShares({ kind: 'nobody', why: 'for this test' });

/** How many connections the caller gets when it asks for all there are. */
function takenBy(places: ConnectionPlaces, caller: SharingCaller): number {
  let taken = 0;
  while (places.take(caller)) taken += 1;
  return taken;
}

/** What all those user ids get when each asks for all there are. */
const takenByAll = (places: ConnectionPlaces, first: number, count: number): number =>
  Array.from({ length: count }, (_, at) => takenBy(places, user(first + at))).reduce(
    (sum, taken) => sum + taken,
    0,
  );

test('one account has a quarter, whatever user ids it calls by', () => {
  const places = new ConnectionPlaces(100);
  expect(takenBy(places, sliver('a_one'))).toBe(25);
  expect(places.take(sliver('a_one', 1_879_048_192))).toBe(false);
  expect(takenBy(places, sliver('a_two'))).toBeGreaterThan(20);
});

test('all who are nobody together have no more than one account', () => {
  const places = new ConnectionPlaces(100);
  for (let uid = 1000; uid < 1025; uid += 1) expect(places.take(user(uid))).toBe(true);
  expect(places.take(user(1025))).toBe(false);
  expect(places.take(UNNAMED)).toBe(false);
});

test('of that one user has a quarter, and a quarter is kept for those that have none yet', () => {
  const places = new ConnectionPlaces(1000);
  const taken = [1000, 1001, 1002, 1003, 1004].map((uid) => takenBy(places, user(uid)));
  expect(taken).toEqual([62, 62, 62, 2, 1]);
  expect(takenBy(places, UNNAMED)).toBe(1);
});

test('who cannot be named have one user’s part together', () => {
  expect(takenBy(new ConnectionPlaces(1000), UNNAMED)).toBe(62);
});

test('65536 user ids of one user’s range have two users’ parts, and leave a place to the next', () => {
  const places = new ConnectionPlaces(1000);
  expect(takenByAll(places, 100_000, 65_536)).toBe(2 * 62);
  expect(takenBy(places, user(1000))).toBe(62);
  expect(takenBy(places, user(1001))).toBeGreaterThan(0);
});

test('in a block too one user id leaves something to the next', () => {
  const places = new ConnectionPlaces(1000);
  expect(takenBy(places, user(70_000))).toBe(15);
  expect(takenBy(places, user(70_001))).toBe(15);
});

test('a user finds a place also when accounts have taken most since another user took many', () => {
  const places = new ConnectionPlaces(1000);
  takenBy(places, user(1000));
  for (const site of ['a', 'b', 'c', 'd', 'e', 'f']) takenBy(places, sliver(`${site}_x`));
  expect(takenBy(places, user(1001))).toBe(1);
});

test('however much accounts have taken, many user ids take 8 places more than one account at most', () => {
  const anyUid = fc.oneof(
    fc.integer({ min: 1000, max: 1400 }),
    fc.integer({ min: 100_000, max: 165_535 }),
    fc.integer({ min: 70_000, max: 4_000_000_000 }),
  );
  const before = fc.nat({ max: 8 });
  const many = fc.array(anyUid, { maxLength: 400, size: 'max' });
  const greedyHouse = (most: number, greedy: number) => {
    const places = new ConnectionPlaces(most);
    for (let at = 0; at < greedy; at += 1) takenBy(places, sliver(`g${at}_x`));
    return places;
  };
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 1000 }), before, many, (most, greedy, uids) => {
      const places = greedyHouse(most, greedy);
      let taken = 0;
      for (const uid of uids) taken += takenBy(places, user(uid));
      const beside = greedyHouse(most, greedy);
      expect(taken).toBeLessThanOrEqual(takenBy(beside, sliver('a_greedy')) + 8);
      expect(takenBy(places, sliver('a_one'))).toBeGreaterThanOrEqual(
        takenBy(beside, sliver('a_one')) - 8,
      );
    }),
  );
});

test('the more is taken, the less one account may have: the next one still finds some', () => {
  const places = new ConnectionPlaces(1000);
  const taken = ['a', 'b', 'c', 'd', 'e', 'f'].map((site) => takenBy(places, sliver(`${site}_x`)));
  expect(taken).toEqual([250, 217, 144, 96, 64, 43]);
});

test('all tenants together leave a tenth to root', () => {
  const places = new ConnectionPlaces(100);
  for (let site = 0; site < 20; site += 1) takenBy(places, sliver(`a${site}_x`));
  expect(places.take(sliver('b_x'))).toBe(false);
  expect(places.take(user(1000))).toBe(false);
  expect(takenBy(places, ROOT)).toBe(10);
});

test('root may have all places', () => {
  expect(takenBy(new ConnectionPlaces(100), ROOT)).toBe(100);
});

test('where there are few places an account still has 8, and an ordinary user 2', () => {
  const places = new ConnectionPlaces(20);
  expect(takenBy(places, sliver('a_one'))).toBe(8);
  expect(takenBy(places, user(1000))).toBe(2);
  expect(takenBy(new ConnectionPlaces(1), sliver('a_one'))).toBe(1);
  expect(takenBy(new ConnectionPlaces(1), user(1000))).toBe(1);
});

test('a place that is given back can be taken again', () => {
  for (const [caller, most] of [
    [sliver('a_one'), 100],
    [user(1000), 25],
    [user(100_000), 6],
  ] as const) {
    const places = new ConnectionPlaces(400);
    const all = takenBy(places, caller);
    places.give(caller);
    expect([all, takenBy(places, caller)]).toEqual([most, 1]);
  }
});
