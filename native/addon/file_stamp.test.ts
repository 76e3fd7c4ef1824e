import { linkSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadAddon, temporaryFolder, thrownBy } from './addon-under-test.ts';

const { fileStamp } = loadAddon();

it('the stamp of a file stays as long as the file does, and is the one of what links lead to', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, 'one');
  symlinkSync(file, `${file}.link`);
  const stamp = fileStamp?.(file);
  expect(stamp).toMatch(/^\d+\/\d+\/3\/\d+\/\d+$/);
  expect(fileStamp?.(file)).toBe(stamp);
  expect(fileStamp?.(`${file}.link`)).toBe(stamp);
});

it.each<[string, (file: string) => void]>([
  ['longer', (file) => writeFileSync(file, 'longer')],
  ['dated back', (file) => utimesSync(file, 1, 1)],
  ['given another name', (file) => linkSync(file, `${file}.other`)],
  [
    'replaced by one of the same length',
    (file) => {
      writeFileSync(`${file}.new`, 'two');
      renameSync(`${file}.new`, file);
    },
  ],
])('a file that is %s has another stamp', async (_how, change) => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, 'one');
  const stamp = fileStamp?.(file);
  // Its times move in steps of some milliseconds.
  await new Promise((resolve) => setTimeout(resolve, 50));
  change(file);
  expect(fileStamp?.(file)).not.toBe(stamp);
});

it('a file that is not there has no stamp', () => {
  const file = join(temporaryFolder(), 'file');
  expect(fileStamp?.(file)).toBeUndefined();
  writeFileSync(file, 'one');
  rmSync(file);
  expect(fileStamp?.(file)).toBeUndefined();
});

it('a path through a file, and what is no path, are errors', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, 'one');
  expect(thrownBy(() => fileStamp?.(join(file, 'below'))).code).toBe('ENOTDIR');
  expect(thrownBy(() => fileStamp?.('')).code).toBe('EINVAL');
});
