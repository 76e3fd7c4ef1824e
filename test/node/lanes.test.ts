import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ALL_LANES, fileOf, SUFFIX } from './lanes.ts';

test('every test for a machine has its place, and one only', () => {
  const files = readdirSync('test/node').filter((file) => file.endsWith(SUFFIX));
  const planned = ALL_LANES.flat().map(fileOf);
  expect(planned.toSorted()).toEqual(files.map((file) => `test/node/${file}`).sort());
});
