import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ADDON_FILE,
  loadAddon,
  type Partner,
  startPartner,
  temporaryFolder,
  thrownBy,
} from './addon-under-test.ts';

const { lockFile, unlockFile } = loadAddon();

// Takes the lock, says so, and keeps it until it is killed.
const HOLDER = `
const target = { exports: {} };
process.dlopen(target, process.argv[1]);
target.exports.lockFile(process.argv[2]);
console.log('locked');
setInterval(() => {}, 60_000);
`;

async function startHolder(path: string): Promise<Partner> {
  const holder = startPartner(process.execPath, ['-e', HOLDER, ADDON_FILE, path]);
  expect(await holder.line()).toBe('locked');
  return holder;
}

const lockPath = () => join(temporaryFolder(), 'lock');

describe('lockFile', () => {
  it('makes the file with mode 0600 and returns a descriptor that stays open', () => {
    const path = lockPath();
    const fd = lockFile?.(path) as number;
    expect(fd).toBeGreaterThan(2);
    expect(statSync(path).mode & 0o7777).toBe(0o600);
    expect(existsSync(`/proc/self/fd/${fd}`)).toBe(true);
    unlockFile?.(fd);
  });

  it('leaves what the file contains alone', () => {
    const path = lockPath();
    writeFileSync(path, 'kept');
    unlockFile?.(lockFile?.(path));
    expect(readFileSync(path, 'utf8')).toBe('kept');
  });

  it('throws EAGAIN while another process holds the lock', async () => {
    const path = lockPath();
    await startHolder(path);
    const error = thrownBy(() => lockFile?.(path));
    expect(error.code).toBe('EAGAIN');
    expect(error.message).toContain(`lock ${path}: `);
  });

  it('is free again once its holder has been killed with SIGKILL', async () => {
    const path = lockPath();
    const { child } = await startHolder(path);
    child.kill('SIGKILL');
    await once(child, 'exit');
    unlockFile?.(lockFile?.(path));
  });

  it('throws EAGAIN when this process holds the lock itself', () => {
    const path = lockPath();
    const fd = lockFile?.(path);
    expect(thrownBy(() => lockFile?.(path)).code).toBe('EAGAIN');
    unlockFile?.(fd);
  });

  it('leaves no descriptor behind when the lock is not to be had', () => {
    const path = lockPath();
    const fd = lockFile?.(path);
    const before = readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 10; i++) thrownBy(() => lockFile?.(path));
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    unlockFile?.(fd);
  });

  it('is not inherited by child processes', () => {
    const path = lockPath();
    const fd = lockFile?.(path);
    const listing = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
    expect(listing.status).toBe(0);
    expect(listing.stdout).not.toContain(path);
    unlockFile?.(fd);
  });

  it('does not follow a symbolic link', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'target'), '');
    symlinkSync('target', join(folder, 'lock'));
    expect(thrownBy(() => lockFile?.(join(folder, 'lock'))).code).toBe('ELOOP');
  });

  it('refuses what is not a regular file without waiting for it', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'directory'));
    expect(spawnSync('mkfifo', [join(folder, 'pipe')]).status).toBe(0);
    expect(thrownBy(() => lockFile?.(join(folder, 'directory'))).code).toBe('EISDIR');
    expect(thrownBy(() => lockFile?.(join(folder, 'pipe'))).code).toBe('EINVAL');
  });

  it.each([
    ['a missing folder', '/proc/none/lock', 'ENOENT'],
    ['an empty path', '', 'EINVAL'],
    ['a path with a NUL', '/tmp/a\0b', 'EINVAL'],
    ['a path of 4096 bytes', `/${'p'.repeat(4095)}`, 'ENAMETOOLONG'],
    ['a number', 7, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s', (_what, path, code) => {
    expect(thrownBy(() => lockFile?.(path)).code).toBe(code);
  });
});

describe('unlockFile', () => {
  it('frees the lock for another process', async () => {
    const path = lockPath();
    unlockFile?.(lockFile?.(path));
    await startHolder(path);
  });

  it('throws EBADF the second time', () => {
    const fd = lockFile?.(lockPath());
    unlockFile?.(fd);
    expect(thrownBy(() => unlockFile?.(fd)).code).toBe('EBADF');
  });

  it('does not close a descriptor that is no lock file', () => {
    const fd = openSync('/dev/null', 'r');
    onTestFinished(() => closeSync(fd));
    expect(thrownBy(() => unlockFile?.(fd)).code).toBe('EINVAL');
    expect(existsSync(`/proc/self/fd/${fd}`)).toBe(true);
  });

  it('does not close a standard stream, not even one that is a regular file', () => {
    const output = openSync(lockPath(), 'w');
    onTestFinished(() => closeSync(output));
    const attempt = `
      const target = { exports: {} };
      process.dlopen(target, process.argv[1]);
      for (const fd of [0, 1, 2]) {
        try { target.exports.unlockFile(fd); } catch (error) { process.exitCode = error.code === 'EINVAL' ? 7 : 8; }
      }`;
    const { status } = spawnSync(process.execPath, ['-e', attempt, ADDON_FILE], {
      stdio: [output, output, output],
    });
    expect(status).toBe(7);
  });
});
