import { accountName } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { NODE } from '../test-support/builders.test-support.ts';
import { CPU_CORES } from './cpu-cores.ts';

const [A, B, C] = [accountName('site_a'), accountName('site_b'), accountName('site_c')];
const claimsOf = (a: number, b: number, c = 0) =>
  new Map([
    [A, { nm_cpu_cores: a }],
    [B, { nm_cpu_cores: b }],
    [C, { nm_cpu_cores: c }],
  ]);
const written = (...cores: Parameters<typeof claimsOf>) => {
  const { amounts } = CPU_CORES.divide(claimsOf(...cores), NODE);
  return [...amounts.values()].map((amount) => CPU_CORES.write(amount, NODE));
};

test('whoever has cores has them alone, and all others keep to the rest', () => {
  expect(written(2, 0)).toEqual(['2-3', '0-1', '0-1']);
  expect(written(1, 2)).toEqual(['3', '1-2', '0']);
});

test('where nobody has cores everybody has all, and all are no bound', () => {
  expect(written(0, 0)).toEqual(['0-3', '0-3', '0-3']);
  expect(CPU_CORES.read('0-3', NODE)).toBe(0);
  expect(CPU_CORES.read('', NODE)).toBe(0);
});

test('more cores than there are is cut: one stays for everybody, and it is said', () => {
  expect(written(6, 3)).toEqual(['2-3', '1', '0']);
  const division = CPU_CORES.divide(claimsOf(6, 3), NODE);
  expect(division.shortfall).toBe(
    'slivers ask for 9 cores of their own, 3 of 4 can be given: one stays for everybody',
  );
  const amount = division.amounts.get(A) ?? 0;
  expect(CPU_CORES.how({ nm_cpu_cores: 6 }, amount, division)).toBe(
    `runs on processors 2-3; ${division.shortfall}`,
  );
});

test('where the kernel has no processor sets nobody is bound, and whoever asks is told', () => {
  const node = { ...NODE, lacks: { 'processor sets': 'the kernel runs without cpuset' } };
  const division = CPU_CORES.divide(claimsOf(1, 0), node);
  expect([...division.amounts.values()]).toEqual([0, 0, 0]);
  expect(division.shortfall).toMatch(/, 0 of 4 can be given: the kernel runs without cpuset$/);
  expect(CPU_CORES.divide(claimsOf(0, 0), node).shortfall).toBeUndefined();
});

test('a set is read back as it was written, and another than ours is none of those that are wanted', () => {
  for (const text of ['0-3', '3', '1-2', '0-1'])
    expect(CPU_CORES.write(CPU_CORES.read(text, NODE), NODE)).toBe(text);
  expect(CPU_CORES.read('0,2', NODE)).not.toBe(CPU_CORES.read('0-1', NODE));
});

test('people are told how many cores a sliver has for itself', () => {
  const told = ['', '0-1', '2-3'].map((text) => CPU_CORES.tells(CPU_CORES.read(text, NODE)));
  expect(told).toEqual([0, 0, 2]);
});
