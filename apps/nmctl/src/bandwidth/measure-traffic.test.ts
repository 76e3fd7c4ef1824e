import { expect, test } from 'vitest';
import { aTraffic } from '../test-support/builders.ts';
import { measureTraffic } from './measure-traffic.ts';

const nowOf = (first: ReturnType<typeof aTraffic>, second: ReturnType<typeof aTraffic>) =>
  measureTraffic(first, second).slivers[0]?.ordinary?.now;

test('what is sent now is what has been sent between two looks, per second', () => {
  const measured = measureTraffic(aTraffic(1000, 5000), aTraffic(3000, 255_000));
  expect(measured.seconds).toBe(2);
  expect(measured.slivers[0]?.ordinary?.now).toBe(1_000_000);
  expect(measured.slivers[0]?.exempt?.now).toBe(0);
  expect(measured.tree?.branches.ordinary?.now).toBe(1_000_000);
});

test('nothing is said of what is not counted, was looked at once, or has been made since', () => {
  expect(nowOf(aTraffic(1000, undefined), aTraffic(2000, undefined))).toBeUndefined();
  expect(nowOf(aTraffic(1000, 5000), aTraffic(1000, 5000))).toBeUndefined();
  expect(nowOf(aTraffic(1000, 5000), aTraffic(2000, 100))).toBeUndefined();
  expect(nowOf({ ...aTraffic(1000, 5000), slivers: [] }, aTraffic(2000, 100))).toBeUndefined();
});
