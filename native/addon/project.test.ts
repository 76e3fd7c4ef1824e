import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadAddon, temporaryFolder, thrownBy } from './addon-under-test.ts';

const { setProject, projectOf, projectQuota, setProjectQuota } = loadAddon();

const calls: [string, (path: unknown, id?: unknown) => unknown][] = [
  ['setProject', (path, id = 7) => setProject?.(path, id)],
  ['projectOf', (path) => projectOf?.(path)],
  ['projectQuota', (path, id = 7) => projectQuota?.(path, id)],
  ['setProjectQuota', (path, id = 7) => setProjectQuota?.(path, id, 1024, 16)],
];

describe.each(calls)('%s', (_name, call) => {
  it('names the folder that is not there', () => {
    const path = join(temporaryFolder(), 'none');
    const error = thrownBy(() => call(path));
    expect(error.code).toBe('ENOENT');
    expect(error.message).toContain(path);
  });

  it('follows no link, and takes no file for a folder', () => {
    const folder = temporaryFolder();
    symlinkSync('.', join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    expect(thrownBy(() => call(join(folder, 'link'))).code).toBe('ENOTDIR');
    expect(thrownBy(() => call(join(folder, 'file'))).code).toBe('ENOTDIR');
  });

  it.each([
    ['an empty path', '', 'EINVAL'],
    ['a path with a NUL', '/tmp\0', 'EINVAL'],
    ['a path that is too long', `/${'p'.repeat(4096)}`, 'ENAMETOOLONG'],
    ['a path that is no string', 7, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s', (_what, path, code) => {
    expect(thrownBy(() => call(path)).code).toBe(code);
  });
});

describe.each(calls.filter(([name]) => name !== 'projectOf'))('%s', (_name, call) => {
  it.each([
    ['-1', -1, 'ERR_OUT_OF_RANGE'],
    ['4294967296', 2 ** 32, 'ERR_OUT_OF_RANGE'],
    ['a fraction', 1.5, 'ERR_OUT_OF_RANGE'],
    ['NaN', Number.NaN, 'ERR_OUT_OF_RANGE'],
    ['a string', '7', 'ERR_INVALID_ARG_TYPE'],
  ])('refuses the project id %s before it looks at the folder', (_what, id, code) => {
    expect(thrownBy(() => call('/none', id)).code).toBe(code);
  });
});

describe('setProjectQuota', () => {
  it.each([-1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY])('refuses a quota of %s KiB', (quota) => {
    expect(thrownBy(() => setProjectQuota?.('/tmp', 7, quota, 1)).code).toBe('ERR_OUT_OF_RANGE');
  });

  it.each([-1, 0.5, 2 ** 53])('refuses a quota of %s inodes', (quota) => {
    const error = thrownBy(() => setProjectQuota?.('/tmp', 7, 1, quota));
    expect(error.code).toBe('ERR_OUT_OF_RANGE');
    expect(error.message).toContain('a quota in inodes');
  });

  it('wants both limits: none is taken for a limit that is not there', () => {
    expect(thrownBy(() => setProjectQuota?.('/tmp', 7, 1)).code).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe('on a file system that keeps no project quotas', () => {
  // /proc never does, whatever this machine is.
  it.each([
    ['projectQuota', () => projectQuota?.('/proc', 7)],
    ['setProjectQuota', () => setProjectQuota?.('/proc', 7, 1, 1)],
  ])('%s says so, and what to do', (_name, call) => {
    const error = thrownBy(call);
    expect(error.code).toMatch(/^(ESRCH|ENOSYS|EOPNOTSUPP|ENOTTY)$/);
    expect(error.message).toContain('quota of project 7 in /proc');
    expect(error.message).toContain('keeps no project quotas: mount option prjquota');
  });

  it('setProject says that it cannot', () => {
    const error = thrownBy(() => setProject?.('/proc', 7));
    expect(error.code).toMatch(/^(ENOTTY|EOPNOTSUPP)$/);
    expect(error.message).toContain('set the project of /proc: ');
  });
});
