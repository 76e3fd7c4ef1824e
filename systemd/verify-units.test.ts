/** The files of this folder as systemd itself reads them. Nothing is installed. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skipUnless } from '@nodemgr/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readFolders, readUsers, textOf, unitFiles } from './read-units.ts';

/** run returns the exit code and everything that was said. */
function run(command: string, ...args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'units-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('systemd-analyze verify has nothing to say about any unit', (context) => {
  skipUnless(context, 'systemd');
  const copies = unitFiles().map((name) => {
    const copy = join(root, name);
    // Only the programs' places differ: verify wants them to be there.
    writeFileSync(copy, textOf(name).replace(/^(Exec\w+=)\S+/gm, `$1${process.execPath}`));
    return copy;
  });
  const { status, said } = run('systemd-analyze', 'verify', '--man=no', ...copies);
  expect({ status, said }).toEqual({ status: 0, said: '' });
});

/** A root in which our users exist, because sysusers.d is read before tmpfiles.d at every boot. */
function makeUsers(): void {
  const { users, groups } = readUsers();
  const names = ['root', ...users];
  const gids = ['root', ...groups.keys()];
  const idOf = (at: number) => (at === 0 ? 0 : 900 + at);
  const passwd = names.map(
    (name, at) => `${name}:x:${idOf(at)}:${idOf(at)}::/:/usr/sbin/nologin\n`,
  );
  const group = gids.map((name, at) => `${name}:x:${idOf(at)}:\n`);
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/passwd'), passwd.join(''));
  writeFileSync(join(root, 'etc/group'), group.join(''));
}

test('systemd-sysusers understands every line and would make every user', (context) => {
  skipUnless(context, 'systemd');
  mkdirSync(join(root, 'etc'));
  const { status, said } = run(
    'systemd-sysusers',
    '--dry-run',
    `--root=${root}`,
    '--replace=/usr/lib/sysusers.d/nodemgr.conf',
    join(process.cwd(), 'systemd/sysusers.d/nodemgr.conf'),
  );
  expect(status, said).toBe(0);
  // A line that it does not like is named by its file.
  expect(said).not.toContain('nodemgr.conf');
  for (const user of readUsers().users) expect(said).toContain(`Creating user '${user}'`);
});

test('systemd-tmpfiles understands every line; run by root, it makes every folder as it should be', (context) => {
  skipUnless(context, 'systemd');
  makeUsers();
  cpSync('systemd/tmpfiles.d', join(root, 'usr/lib/tmpfiles.d'), { recursive: true });
  const isRoot = process.getuid?.() === 0;
  // Others may not give folders away; cleaning reads every line just the same.
  const { status, said } = run(
    'systemd-tmpfiles',
    isRoot ? '--create' : '--clean',
    `--root=${root}`,
  );
  expect({ status, said }).toEqual({ status: 0, said: '' });
  if (!isRoot) return;
  for (const { path, mode } of readFolders().values()) {
    expect(statSync(join(root, path)).mode & 0o7777, path).toBe(mode);
  }
  expect(readdirSync(join(root, 'run/nodemgr')).sort()).toEqual([
    'api',
    'deliver',
    'feed',
    'mnt',
    'op',
    'use',
    'write',
  ]);
});
