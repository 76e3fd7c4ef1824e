import { expect, test } from 'vitest';
import { NODE } from '../test-support/builders.test-support.ts';
import { CPU_MAX } from './cpu-max.ts';

const node = NODE;
const wanted = (nm_cpu_max: number) => CPU_MAX.wanted({ nm_cpu_max });

test('a ceiling is a part of all processors, written in per cent of one', () => {
  expect(CPU_MAX.write(250, node)).toBe('100%');
  expect(CPU_MAX.write(1, node)).toBe('0.4%');
  expect(CPU_MAX.write(0, node)).toBe('');
});

test('a ceiling is read back from the control group as it was written', () => {
  expect(CPU_MAX.read('100000 100000', node)).toBe(250);
  expect(CPU_MAX.read('399600 100000', node)).toBe(999);
  expect(CPU_MAX.read('max 100000', node)).toBe(0);
});

test('no ceiling is wanted where none or more than the whole node is asked for; the least lets a sliver start', () => {
  expect([0, -1, 1001].map(wanted)).toEqual([0, 0, 0]);
  expect([1, 500, 1000].map(wanted)).toEqual([10, 500, 1000]);
  expect(CPU_MAX.how({ nm_cpu_max: 1 }, 10)).toMatch(/^raised from 1,/);
  expect(CPU_MAX.how({ nm_cpu_max: 1001 }, 0)).toMatch(/^1001 is more than/);
  expect(CPU_MAX.how({}, 0)).toBe(undefined);
});
