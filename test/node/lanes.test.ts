import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BY_NAME, fileOf, LANES, SUFFIX } from './lanes.ts';

test('every test for a machine has its place, and one only', () => {
  const files = readdirSync('test/node').filter((file) => file.endsWith(SUFFIX));
  const planned = [...LANES.flat(), ...BY_NAME].map(fileOf);
  expect(planned.toSorted()).toEqual(files.map((file) => `test/node/${file}`).sort());
});
