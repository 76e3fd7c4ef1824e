import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from '../test-support/builders.ts';
import { renderTable } from './render-table.ts';

const COLUMNS = [{ title: 'NAME' }, { title: 'N', align: 'right' }, { title: 'NOTE' }] as const;
const UNCUT = { width: undefined };

test('columns are aligned, numbers at their right, without blanks at the end', () => {
  const rows = [
    ['a', '1', ''],
    ['longer', '100', 'a note'],
  ];
  expect(linesOf(renderTable(COLUMNS, rows, UNCUT))).toEqual([
    'NAME      N  NOTE',
    'a         1',
    'longer  100  a note',
  ]);
});

test('a column that is empty in every row is left out', () => {
  expect(linesOf(renderTable(COLUMNS, [['a', '1', '']], UNCUT))).toEqual(['NAME  N', 'a     1']);
});

test('a table without rows is nothing, not a head', () => {
  expect(renderTable(COLUMNS, [], UNCUT)).toEqual([]);
});

test('a cell cannot break its line or its row', () => {
  expect(linesOf(renderTable(COLUMNS, [['a', '1', 'x\n\ty\x1b[2J']], UNCUT))[1]).toBe(
    'a     1  x y\\x1b[2J',
  );
});

test('on a terminal what does not fit beside the others goes on below; in a file it does not', () => {
  const rows = [
    ['a', '1', 'a long note'],
    ['b', '2', 'short'],
  ];
  expect(linesOf(renderTable(COLUMNS, rows, { width: 14 }))).toEqual([
    'NAME  N  NOTE',
    'a     1',
    '    a long',
    '    note',
    'b     2  short',
  ]);
  expect(linesOf(renderTable(COLUMNS, rows, UNCUT))[1]).toBe('a     1  a long note');
});

test('a column that can be spared is left out before anything goes on below', () => {
  const columns = [{ title: 'NAME' }, { title: 'UNIT', spare: true }, { title: 'NOTE' }] as const;
  const rows = [['princeton_sirius', 'bits/s', 'x']];
  expect(linesOf(renderTable(columns, rows, { width: 24 }))[2]).toBe('princeton_sirius  bits/s');
  expect(linesOf(renderTable(columns, rows, { width: 23 }))[1]).toBe('princeton_sirius  x');
});

test('no line is wider than the terminal and nothing is lost, whatever the cells hold', () => {
  const row = fc.array(fc.string({ unit: 'binary' }), { minLength: 3, maxLength: 3 });
  const dense = (lines: readonly string[]) => lines.join('').replace(/\s/g, '');
  fc.assert(
    fc.property(fc.array(row), fc.integer({ min: 1, max: 60 }), (rows, width) => {
      const lines = linesOf(renderTable(COLUMNS, rows, { width }));
      for (const text of lines) expect([...text].length).toBeLessThanOrEqual(width);
      expect(dense(lines)).toBe(dense(linesOf(renderTable(COLUMNS, rows, UNCUT))));
    }),
  );
});
