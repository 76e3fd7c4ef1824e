import { expect, test } from 'vitest';
import { RationedLines } from './rationed-lines.ts';

function linesAt(options: { mostNames?: number; everyMs?: number } = {}) {
  let at = 5;
  const lines = new RationedLines({ mostNames: 10, ...options, now: () => at });
  return { lines, wait: (ms: number) => (at += ms) };
}

test('the first line about a name is due at once, and stands for one', () => {
  const { lines } = linesAt();
  expect([lines.count('a'), lines.count('b')]).toEqual([1, 1]);
});

test('no other is due within a second; the next says how many have come since', () => {
  const { lines, wait } = linesAt();
  lines.count('a');
  wait(999);
  expect([lines.count('a'), lines.count('a')]).toEqual([undefined, undefined]);
  wait(1);
  expect(lines.count('a')).toBe(3);
  expect(lines.count('a')).toBeUndefined();
});

test('a line may be due less often than once a second', () => {
  const { lines, wait } = linesAt({ everyMs: 60_000 });
  lines.count('a');
  wait(59_999);
  expect(lines.count('a')).toBeUndefined();
  wait(1);
  expect(lines.count('a')).toBe(2);
});

test('what is over is told anew when it comes again', () => {
  const { lines } = linesAt();
  lines.count('a');
  lines.forget();
  expect(lines.count('a')).toBe(1);
});

test('however many names there are, few are remembered', () => {
  const { lines } = linesAt({ mostNames: 2 });
  for (const name of ['a', 'b', 'c']) lines.count(name);
  expect(lines.count('a')).toBe(1);
});
