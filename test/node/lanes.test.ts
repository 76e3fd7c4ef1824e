import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fileOf, LANES, SUFFIX } from './lanes.ts';

test('every test for a machine runs on one, and on one only', () => {
  const files = readdirSync('test/node').filter((file) => file.endsWith(SUFFIX));
  const planned = LANES.flat().map(fileOf);
  expect(planned.toSorted()).toEqual(files.map((file) => `test/node/${file}`).sort());
});
