import { accountName, hostUid } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { leafIndex, MAX_LEAVES } from '../observed/bandwidth-state.ts';
import { EISENTEST, SIRIUS } from '../test-support/builders.test-support.ts';
import { LeafPlaces } from './leaf-places.ts';

const leavesAt = (index: number) => ({
  index: leafIndex(index),
  first: hostUid(65_536),
  last: hostUid(131_071),
});

test('a sliver keeps its place while it exists', () => {
  const places = new LeafPlaces();
  const first = places.placeOf(SIRIUS);
  places.placeOf(EISENTEST);
  expect(places.placeOf(SIRIUS)).toBe(first);
});

test('after a restart every sliver is where the kernel has it, and new ones come after them', () => {
  const places = new LeafPlaces();
  places.found(new Map([[SIRIUS, leavesAt(41)]]));
  expect(places.placeOf(SIRIUS)).toBe(41);
  expect(places.placeOf(EISENTEST)).toBe(42);
});

test('a place that has become free is taken again only when all others have been', () => {
  const places = new LeafPlaces();
  const freed = places.placeOf(SIRIUS);
  places.release(SIRIUS);
  const taken = Array.from({ length: MAX_LEAVES }, (_, i) =>
    places.placeOf(accountName(`site_s${i}`)),
  );
  expect(taken.indexOf(freed)).toBe(MAX_LEAVES - 1);
  expect(new Set(taken).size).toBe(MAX_LEAVES);
  expect(() => places.placeOf(SIRIUS)).toThrow(/no free class id/);
});

test('a place is not free while the kernel has it, whoever’s it was', () => {
  const places = new LeafPlaces();
  places.found(new Map([[SIRIUS, leavesAt(MAX_LEAVES - 1)]]));
  places.release(SIRIUS);
  for (let i = 0; i < MAX_LEAVES - 1; i += 1) {
    expect(places.placeOf(accountName(`site_s${i}`))).not.toBe(MAX_LEAVES - 1);
  }
  expect(() => places.placeOf(EISENTEST)).toThrow(/no free class id/);
});
