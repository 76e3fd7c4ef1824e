import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBoundedFile, readBoundedFileBefore } from './read-bounded-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
const READERS: readonly [string, (path: string, maxBytes: number) => Promise<Buffer>][] = [
  ['at once', async (path, maxBytes) => readBoundedFile(path, { maxBytes })],
  ['beside other work', (path, maxBytes) => readBoundedFileBefore(path, { maxBytes }, never)],
];

describe.each(READERS)('a file that is read %s', (_, read) => {
  test('is read whole up to its bound', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'x'.repeat(10));
    expect((await read(path, 10)).toString()).toBe('x'.repeat(10));
    await expect(read(path, 9)).rejects.toThrow('it has more than 9 bytes');
  });

  test('is read without a size of its own, within the bound', async () => {
    expect((await read('/proc/self/status', 1 << 16)).toString()).toContain('Pid:');
    await expect(read('/proc/self/status', 100)).rejects.toThrow('more than 100 bytes');
  });

  test('is no pipe, device or folder: none of these is waited for or read', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero', folder]) {
      await expect(read(path, 10)).rejects.toThrow('it is not a regular file');
    }
  });

  test('that is not there says so', async () => {
    await expect(read(join(folder, 'none'), 10)).rejects.toThrow('ENOENT');
  });
});

test('a read is abandoned when its signal is aborted', async () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'x');
  const reason = new Error('too late');
  await expect(
    readBoundedFileBefore(path, { maxBytes: 10 }, AbortSignal.abort(reason)),
  ).rejects.toBe(reason);
});
