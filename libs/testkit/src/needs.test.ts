/** The notes that say for want of what a test is skipped, and what brings it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { NEEDS, needs, skipNote } from './needs.ts';

/** Rights, what the kernel has, and what nobody wants installed for a test's sake. */
const NOT_BROUGHT = [
  'root',
  'an ordinary user',
  'a kernel with network namespaces, htb and nftables',
  'a kernel with FUSE',
  'a kernel with ext4 and loop devices',
  'a kernel with overlays',
  'a Node.js that can become another user',
  'a Node.js of a package',
  'a right to mount',
  'cgroup v2',
  'systemd',
];

// Other files of this process have their programs where they are.
afterEach(() => {
  vi.unstubAllEnvs();
});

test('every package that a test may need is brought by npm run prepare-machine', () => {
  const text = readFileSync(resolve('tools/machine-packages.json'), 'utf8');
  const packages = Object.values(JSON.parse(text) as Record<string, string[]>).flat();
  const wanting = NEEDS.filter((need) => !packages.includes(need) && !NOT_BROUGHT.includes(need));
  expect(wanting).toEqual([]);
});

test('a machine has what it has: nothing is missing, and nothing is noted', () => {
  expect(needs()).toEqual({ missing: false, note: '' });
  const user = needs('root').missing ? 'an ordinary user' : 'root';
  expect(needs(user)).toEqual({ missing: false, note: '' });
});

test('without a program, its package is named, once, and is no longer missing where it is', () => {
  vi.stubEnv('PATH', '/nonexistent');
  expect(needs('util-linux', 'util-linux')).toEqual({
    missing: true,
    note: ' (skipped: needs util-linux)',
  });
  vi.unstubAllEnvs();
  expect(needs('util-linux')).toEqual({ missing: false, note: '' });
});

test('what a probe itself needs is named in its place', () => {
  vi.stubEnv('PATH', '/nonexistent');
  const { note } = needs('a kernel with network namespaces, htb and nftables');
  expect(note).toContain('iproute2, nftables)');
  expect(note).not.toContain('kernel');
});

test('the note of nothing is empty', () => {
  expect(skipNote([])).toBe('');
  expect(skipNote(['a', 'b', 'a'])).toBe(' (skipped: needs a, b)');
});
