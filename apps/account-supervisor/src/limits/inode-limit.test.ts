import { kib } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { inodeLimit } from './inode-limit.ts';

test('a quota is good for one file in each 16 KiB of it', () => {
  expect(inodeLimit(kib(5_000_000))).toBe(312_500);
  expect(inodeLimit(kib(16_384 * 16 + 31))).toBe(16_385);
});

test('the smallest quota leaves room for an image’s overlay', () => {
  expect(inodeLimit(kib(1))).toBe(16_384);
});

test('no limit of blocks is no limit of files', () => {
  expect(inodeLimit(0)).toBe(0);
});
