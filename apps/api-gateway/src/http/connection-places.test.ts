import { accountName, hostUid } from '@nodemgr/records';
import { expect, test } from 'vitest';
import type { Caller } from '../caller/caller.ts';
import { ConnectionPlaces } from './connection-places.ts';

const ROOT: Caller = { kind: 'root', uid: hostUid(0) };
const NOBODY: Caller = { kind: 'nobody', why: 'user id 1000 is no account of ours' };
const sliver = (name: string, uid = 30_000): Caller => ({
  kind: 'sliver',
  uid: hostUid(uid),
  name: accountName(name),
});

/** How many connections the caller gets when it asks for all there are. */
function takenBy(places: ConnectionPlaces, caller: Caller): number {
  let taken = 0;
  while (places.take(caller)) taken += 1;
  return taken;
}

test('one account has a quarter, whatever user ids it calls by', () => {
  const places = new ConnectionPlaces(100);
  expect(takenBy(places, sliver('a_one'))).toBe(25);
  expect(places.take(sliver('a_one', 1_879_048_192))).toBe(false);
  expect(takenBy(places, sliver('a_two'))).toBe(25);
  expect(takenBy(places, NOBODY)).toBe(25);
});

test('all tenants together leave a tenth to root', () => {
  const places = new ConnectionPlaces(100);
  const taken = ['a', 'b', 'c', 'd', 'e'].map((site) => takenBy(places, sliver(`${site}_x`)));
  expect(taken).toEqual([25, 25, 25, 15, 0]);
  expect(takenBy(places, ROOT)).toBe(10);
});

test('root may have all places', () => {
  expect(takenBy(new ConnectionPlaces(100), ROOT)).toBe(100);
});

test('where there are few places an account still has 8', () => {
  const places = new ConnectionPlaces(20);
  expect(takenBy(places, sliver('a_one'))).toBe(8);
  expect(takenBy(new ConnectionPlaces(1), sliver('a_one'))).toBe(1);
});

test('a place that is given back can be taken again', () => {
  const places = new ConnectionPlaces(40);
  const all = takenBy(places, sliver('a_one'));
  places.give(sliver('a_one'));
  expect([all, takenBy(places, sliver('a_one'))]).toEqual([10, 1]);
});
