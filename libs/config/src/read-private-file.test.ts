import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skipUnless } from '@nodemgr/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPrivateFile, readPrivateFileBefore } from './read-private-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-'));
  file = join(folder, 'key.pem');
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = () => readPrivateFile('signing.key_file', file);

test.each([0o400, 0o600])('a file of mode %o is read', (mode) => {
  writeFileSync(file, 'secret', { mode });
  expect(read()).toBe('secret');
});

test.each([0o640, 0o604, 0o620, 0o602, 0o700, 0o611, 0o444, 0o4600])(
  'a file of mode %o is refused, by its name and without its text',
  (mode) => {
    writeFileSync(file, 'secret');
    chmodSync(file, mode);
    const octal = mode.toString(8).padStart(4, '0');
    expect(read).toThrow(`signing.key_file: ${file}: its mode is ${octal}; nobody but its owner`);
    expect(read).not.toThrow(/secret/);
  },
);

test('a file of another user is refused, although this one could read it', (context) => {
  skipUnless(context, 'root'); // Only root can give a file away, and read it then.
  writeFileSync(file, 'secret', { mode: 0o400 });
  chownSync(file, 12_345, 0);
  expect(read).toThrow(`signing.key_file: ${file}: it belongs to the user 12345; wants 0, the`);
});

test('beside other work the same is read and refused, and a deadline ends it', async () => {
  const before = (signal: AbortSignal) => readPrivateFileBefore('signing.key_file', file, signal);
  const never = new AbortController().signal;
  writeFileSync(file, 'secret', { mode: 0o600 });
  expect(await before(never)).toBe('secret');
  const late = AbortSignal.abort(new Error('too late'));
  await expect(before(late)).rejects.toThrow(`signing.key_file: ${file}: too late`);
  chmodSync(file, 0o644);
  await expect(before(never)).rejects.toThrow(`signing.key_file: ${file}: its mode is 0644`);
});

test('what is no file, or far too long for a key, is refused', () => {
  expect(read).toThrow(/ENOENT/);
  spawnSync('mkfifo', ['-m', '600', file]);
  expect(read).toThrow(/it is not a regular file/);
  rmSync(file);
  writeFileSync(file, '', { mode: 0o600 });
  truncateSync(file, 1 << 20);
  expect(read).toThrow(/more than 65536 bytes/);
});
