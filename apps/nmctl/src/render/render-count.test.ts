import { expect, test } from 'vitest';
import { countText } from './render-count.ts';

test('one thing is singular', () => {
  expect([0, 1, 2].map((count) => countText(count, 'slice'))).toEqual([
    '0 slices',
    '1 slice',
    '2 slices',
  ]);
});
