import { expect, test } from 'vitest';
import { diskPart, parseDiskSpeed } from './disk-speed.ts';

test('what was measured of this device counts', () => {
  expect(parseDiskSpeed('64784 20000000 400', 64_784)).toEqual({ bytes: 20_000_000, writes: 400 });
});

test.each([undefined, '', '64785 20000000 400', '64784 20000000', '64784 -1 400', 'rubbish'])(
  'nothing is known of the disk by the note %j',
  (text) => {
    expect(parseDiskSpeed(text, 64_784)).toBeUndefined();
  },
);

test('a part of it is whole numbers', () => {
  const part = diskPart({ bytes: 20_000_001, writes: 401 }, 0.5);
  expect(part).toEqual({ bytes: 10_000_000, writes: 200 });
});

test('a disk that takes next to nothing leaves each sliver enough to start', () => {
  expect(diskPart({ bytes: 1000, writes: 1 }, 0.5)).toEqual({ bytes: 65_536, writes: 16 });
});

test('where all may be had, and where nothing is known, there is no bound', () => {
  expect(diskPart({ bytes: 20_000_000, writes: 400 }, 1)).toBeUndefined();
  expect(diskPart(undefined, 0.5)).toBeUndefined();
});
