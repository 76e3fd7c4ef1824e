/** The signs on a real file system: what mends a cause changes its sign, and work that mends nothing does not. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MachineLayout } from '../../execute/layout.ts';
import { NODE, POLICY } from '../../test-support/builders.test-support.ts';
import type { SignName } from '../../waits/causes.ts';
import { signsOf } from './machine-signs.ts';

let layout: MachineLayout;
beforeEach(() => {
  layout = {
    ...NODE,
    stateDir: mkdtempSync(join(tmpdir(), 'signs-')),
    sliverShell: '/usr/lib/nodemgr/sliver-shell',
    delegateShell: '/usr/lib/nodemgr/forward_api_calls',
  };
  for (const folder of ['images', 'accounts', 'slivers']) mkdirSync(join(layout.stateDir, folder));
});
afterEach(() => rmSync(layout.stateDir, { recursive: true, force: true }));

const below = (...names: readonly string[]) => join(layout.stateDir, ...names);
const read = (name: SignName) => signsOf(layout, POLICY)[name]();

test('an image that is imported shows once it is complete, and not while it is unpacked', async () => {
  const before = await read('images');
  mkdirSync(below('images', '.new-default@1'));
  expect(await read('images')).toEqual(before);
  renameSync(below('images', '.new-default@1'), below('images', 'default@1'));
  expect(await read('images')).not.toEqual(before);
});

test.each([
  ['records', 'accounts'],
  ['files', 'slivers'],
] as const)(
  'what comes into the folder of %s, is replaced there or goes shows each time',
  async (sign, folder) => {
    const file = below(folder, 'sliver_a_b');
    const readings = [await read(sign)];
    writeFileSync(file, 'damaged');
    readings.push(await read(sign));
    writeFileSync(`${file}.new`, 'whole');
    renameSync(`${file}.new`, file);
    readings.push(await read(sign));
    rmSync(file);
    readings.push(await read(sign));
    expect(new Set(readings.map(String)).size).toBe(readings.length);
  },
);

test('a state folder that goes, or comes back, shows as one that can or cannot be written', async () => {
  const before = await read('writable');
  rmSync(layout.stateDir, { recursive: true });
  const without = await read('writable');
  expect(without).not.toEqual(before);
  mkdirSync(layout.stateDir);
  expect(await read('writable')).toEqual(before);
});

test('a file system without project quotas is no sign of its own: the question is refused', async () => {
  const elsewhere = signsOf({ ...layout, stateDir: '/proc' }, POLICY);
  await expect(elsewhere.quota()).rejects.toThrow();
});
