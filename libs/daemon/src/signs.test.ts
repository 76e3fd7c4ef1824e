import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileSign, roomSign, routesSign, writableSign } from './signs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signs-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a file that comes, is replaced or goes changes its sign each time', async () => {
  const file = join(folder, 'ca.pem');
  const sign = fileSign(file);
  const readings = [await sign()];
  await writeFile(file, 'one');
  readings.push(await sign());
  await writeFile(`${file}.new`, 'two');
  await rename(`${file}.new`, file);
  readings.push(await sign());
  expect(new Set(readings).size).toBe(3);
  await rm(file);
  expect(await sign()).toBe(readings[0]);
});

test('a name that comes into a folder changes the sign of the folder', async () => {
  const sign = fileSign(folder);
  const before = await sign();
  await mkdir(join(folder, 'default@1'));
  expect(await sign()).not.toBe(before);
});

test('what nobody touches reads the same twice', async () => {
  for (const sign of [fileSign(folder, '/no/such/place'), writableSign(folder), routesSign]) {
    expect(await sign()).toEqual(await sign());
  }
});

test('room is counted in KiB and files of each file system, and a folder that is not there has none', async () => {
  const [blocks, files, ...none] = await roomSign(folder, '/no/such/place')();
  expect(Number(blocks)).toBeGreaterThan(0);
  expect(Number(files)).toBeGreaterThanOrEqual(0);
  expect(none).toEqual([0, 0]);
});

test('a folder that can be written says so, one that is not there says that', async () => {
  expect(await writableSign(folder, '/no/such/place')()).toBe('writable,ENOENT');
});
