import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from '../test-support/builders.ts';
import { foldLine } from './fold-line.ts';
import { line, span } from './render-line.ts';

test('a line that is too wide goes on below, indented, each piece in its tone', () => {
  const whole = line(span('guard  ', 'strong'), 'holds back ', span('everything', 'bad'));
  expect(foldLine(whole, { width: 20 }, 7)).toEqual([
    line(span('guard  ', 'strong'), 'holds back'),
    line('       ', span('everything', 'bad')),
  ]);
});

test('a word that is wider than the terminal is broken, not cut', () => {
  expect(linesOf(foldLine(line('at https://plc.example/'), { width: 12 }, 2))).toEqual([
    'at',
    '  https://pl',
    '  c.example/',
  ]);
});

test('in a file nothing is folded', () => {
  const whole = line('x'.repeat(500));
  expect(foldLine(whole, { width: undefined }, 4)).toEqual([whole]);
});

test('no piece is wider than the terminal and nothing is lost, whatever the line holds', () => {
  const parts = fc.array(fc.string({ unit: 'binary' }));
  const options = fc.record({ width: fc.integer({ min: 1, max: 60 }), hang: fc.nat(30) });
  const dense = (lines: readonly string[]) => lines.join('').replace(/\s/g, '');
  fc.assert(
    fc.property(parts, options, (texts, { width, hang }) => {
      const folded = linesOf(foldLine(line(...texts), { width }, hang));
      for (const text of folded) expect([...text].length).toBeLessThanOrEqual(width);
      expect(dense(folded)).toBe(dense(linesOf([line(...texts)])));
    }),
  );
});
