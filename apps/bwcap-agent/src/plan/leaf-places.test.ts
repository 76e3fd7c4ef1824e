import { type AccountName, accountName, hostUid } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { leafIndex, MAX_LEAVES } from '../limits/htb-tree.ts';
import { EISENTEST, SIRIUS } from '../test-support/builders.test-support.ts';
import { LeafPlaces } from './leaf-places.ts';

const leavesAt = (index: number) => ({
  index: leafIndex(index),
  first: hostUid(65_536),
  last: hostUid(131_071),
});

/** take gives a sliver the place that it would get. */
function take(places: LeafPlaces, name: AccountName) {
  const place = places.placesFor([name]).get(name);
  if (place !== undefined) places.claim(name, place);
  return place;
}

test('a sliver keeps its place while it exists', () => {
  const places = new LeafPlaces();
  const first = take(places, SIRIUS);
  take(places, EISENTEST);
  expect(take(places, SIRIUS)).toBe(first);
});

test('after a restart every sliver is where the kernel has it, and new ones come after them', () => {
  const places = new LeafPlaces();
  places.found(new Map([[SIRIUS, leavesAt(41)]]));
  expect(take(places, SIRIUS)).toBe(41);
  expect(take(places, EISENTEST)).toBe(42);
});

test('a place that has become free is taken again only when all others have been', () => {
  const places = new LeafPlaces();
  const freed = take(places, SIRIUS);
  places.release(SIRIUS);
  const taken = Array.from({ length: MAX_LEAVES }, (_, i) =>
    take(places, accountName(`site_s${i}`)),
  );
  expect(taken.indexOf(freed)).toBe(MAX_LEAVES - 1);
  expect(new Set(taken).size).toBe(MAX_LEAVES);
  expect(() => take(places, SIRIUS)).toThrow(/no free class id/);
});

test('a place is not free while the kernel has it, whoever’s it was', () => {
  const places = new LeafPlaces();
  places.found(new Map([[SIRIUS, leavesAt(MAX_LEAVES - 1)]]));
  places.release(SIRIUS);
  for (let i = 0; i < MAX_LEAVES - 1; i += 1) {
    expect(take(places, accountName(`site_s${i}`))).not.toBe(MAX_LEAVES - 1);
  }
  expect(() => take(places, EISENTEST)).toThrow(/no free class id/);
});

test('deciding on places claims none, and gives each sliver another', () => {
  const places = new LeafPlaces();
  const first = places.placesFor([SIRIUS, EISENTEST]);
  expect(first.get(SIRIUS)).not.toBe(first.get(EISENTEST));
  expect(places.placesFor([EISENTEST]).get(EISENTEST)).toBe(first.get(SIRIUS));
});

test('a place where the kernel has a sliver is that sliver’s, whoever had it before', () => {
  const places = new LeafPlaces();
  take(places, EISENTEST);
  places.found(new Map([[SIRIUS, leavesAt(0)]]));
  expect(take(places, SIRIUS)).toBe(0);
  expect(take(places, EISENTEST)).not.toBe(0);
});
