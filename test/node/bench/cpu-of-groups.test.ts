import { expect, test } from 'vitest';
import { mostUsed } from './cpu-of-groups.ts';

test('who used most comes first, a group that is new counts whole, and the rest is nobody’s', () => {
  const before = new Map([
    ['', 10],
    ['init.scope', 1],
    ['system.slice/a.service', 2],
  ]);
  const after = new Map([
    ['', 20],
    ['init.scope', 2],
    ['system.slice/a.service', 7],
    ['system.slice/b.service', 3],
  ]);
  expect(mostUsed(before, after)).toBe(
    'system.slice/a.service 5.0, system.slice/b.service 3.0, init.scope 1.0, nobody of these 1.0',
  );
});
