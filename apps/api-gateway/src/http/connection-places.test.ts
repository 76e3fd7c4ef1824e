import { accountName, hostUid } from '@nodemgr/records';
import { expect, test } from 'vitest';
import type { Caller } from '../caller/caller.ts';
import { ConnectionPlaces } from './connection-places.ts';

const ROOT: Caller = { kind: 'root', uid: hostUid(0) };
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
  expect(takenBy(places, sliver('a_two'))).toBeGreaterThan(20);
});

test('all who are nobody count as one', () => {
  const places = new ConnectionPlaces(100);
  const nobody = (uid: number): Caller => ({ kind: 'nobody', why: `user id ${uid}` });
  for (let uid = 1000; uid < 1025; uid += 1) expect(places.take(nobody(uid))).toBe(true);
  expect(places.take(nobody(1025))).toBe(false);
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
