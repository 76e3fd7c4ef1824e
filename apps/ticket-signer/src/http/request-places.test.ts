import { expect, test } from 'vitest';
import { RequestPlaces } from './request-places.ts';

const enterMany = (places: RequestPlaces, caller: string, count: number) =>
  Array.from({ length: count }, () => places.enter(caller));

test('a caller is served so often at once, then told to come back, then not even told', () => {
  const places = new RequestPlaces({ perCaller: 2, all: 10 });
  expect(enterMany(places, 'a', 11)).toEqual([
    ...['served', 'served'],
    ...Array(8).fill('caller busy'),
    'closed',
  ]);
  expect(places.enter('b')).toBe('served');
});

test('all callers together are served so often at once', () => {
  const places = new RequestPlaces({ perCaller: 2, all: 3 });
  expect(enterMany(places, 'a', 2)).toEqual(['served', 'served']);
  expect(enterMany(places, 'b', 2)).toEqual(['served', 'server busy']);
});

test('a place that is left is free, whichever kind it was', () => {
  const places = new RequestPlaces({ perCaller: 1, all: 1 });
  for (let round = 0; round < 3; round += 1) {
    const taken = enterMany(places, 'a', 6);
    expect(taken).toEqual(['served', ...Array(4).fill('caller busy'), 'closed']);
    for (const place of taken) places.leave('a', place);
  }
});
