// Projects and their quotas on a real file system: an ext4 of this test's own, mounted from a file.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { needs, skipFor } from '@nodemgr/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadAddon, temporaryFolder, thrownBy } from './addon-under-test.ts';

const { setProject, projectOf, projectQuota, setProjectQuota } = loadAddon();

function run(program: string, ...values: string[]): boolean {
  return spawnSync(program, values, { stdio: 'ignore' }).status === 0;
}

/** Mounts a new ext4; undefined when this kernel cannot. It is gone when the test is over. */
function newFileSystem(features: string, options: string): string | undefined {
  const folder = temporaryFolder();
  const [image, mountPoint] = [join(folder, 'image'), join(folder, 'mounted')];
  closeSync(openSync(image, 'w'));
  truncateSync(image, 32 * 1024 * 1024);
  mkdirSync(mountPoint);
  if (!run('mke2fs', '-q', '-t', 'ext4', '-O', features, image)) return undefined;
  if (!run('mount', '-o', options, image, mountPoint)) return undefined;
  onTestFinished(() => {
    run('umount', mountPoint);
  });
  return mountPoint;
}

function newFolder(mountPoint: string): string {
  const path = join(mountPoint, 'upper');
  mkdirSync(path);
  return path;
}

/** Writes until the file system takes no more; returns the KiB that it took, at most `most`. */
function fill(path: string, most: number): number {
  const fd = openSync(path, 'w');
  try {
    for (let written = 0; written < most; written++) {
      if (writeSync(fd, Buffer.alloc(1024)) < 1024) return written;
    }
    return most;
  } finally {
    closeSync(fd);
  }
}

const { missing, note } = needs('root', 'e2fsprogs');

describe.skipIf(missing)(`projects${note}`, () => {
  it('a folder has project 0, then the one that it was given, and so has what is made in it', (context) => {
    const mountPoint = newFileSystem('project', 'loop');
    if (mountPoint === undefined)
      return skipFor(context, 'a kernel that mounts ext4 with projects');
    const upper = newFolder(mountPoint);
    expect(projectOf?.(upper)).toBe(0);
    setProject?.(upper, 0xffff_ffff);
    setProject?.(upper, 1_879_048_192);
    mkdirSync(join(upper, 'inside'));
    expect(projectOf?.(upper)).toBe(1_879_048_192);
    expect(projectOf?.(join(upper, 'inside'))).toBe(1_879_048_192);
    expect(projectOf?.(mountPoint)).toBe(0);
  });

  it('quotas that are switched off are an error that says so', (context) => {
    const mountPoint = newFileSystem('project', 'loop');
    if (mountPoint === undefined)
      return skipFor(context, 'a kernel that mounts ext4 with projects');
    const error = thrownBy(() => projectQuota?.(mountPoint, 7));
    expect(error.code).toBe('ESRCH');
    expect(error.message).toContain('mount option prjquota');
  });

  it('quotas that are counted and hold nobody are an error that says so', (context) => {
    const mountPoint = newFileSystem('project,quota', 'loop');
    if (mountPoint === undefined)
      return skipFor(context, 'a kernel with project quotas (quota_v2)');
    for (const act of [
      () => projectQuota?.(mountPoint, 7),
      () => setProjectQuota?.(mountPoint, 7, 1, 1),
    ]) {
      expect(thrownBy(act).code).toBe('ESRCH');
      expect(thrownBy(act).message).toContain('quotaon(8)');
    }
  });

  it('a quota is read back as it was set, and what is used is counted', (context) => {
    const mountPoint = newFileSystem('project,quota', 'loop,prjquota');
    if (mountPoint === undefined)
      return skipFor(context, 'a kernel with project quotas (quota_v2)');
    const upper = newFolder(mountPoint);
    setProject?.(upper, 7);
    const none = { hardKiB: 0, hardInodes: 0 };
    expect(projectQuota?.(upper, 7)).toEqual({ ...none, usedKiB: 4, usedInodes: 1 });
    expect(projectQuota?.(upper, 8)).toEqual({ ...none, usedKiB: 0, usedInodes: 0 });
    setProjectQuota?.(upper, 7, 5_000_000, 312_500);
    fill(join(upper, 'file'), 100);
    expect(projectQuota?.(mountPoint, 7)).toEqual({
      hardKiB: 5_000_000,
      usedKiB: 104,
      hardInodes: 312_500,
      usedInodes: 2,
    });
    setProjectQuota?.(upper, 7, 0, 0);
    expect(projectQuota?.(upper, 7)).toMatchObject(none);
  });

  it('a limit beyond what a program could ever use is kept exactly', (context) => {
    const mountPoint = newFileSystem('project,quota', 'loop,prjquota');
    if (mountPoint === undefined)
      return skipFor(context, 'a kernel with project quotas (quota_v2)');
    setProjectQuota?.(mountPoint, 7, 2 ** 42 + 1, 2 ** 31 + 1);
    const kept = { hardKiB: 2 ** 42 + 1, hardInodes: 2 ** 31 + 1 };
    expect(projectQuota?.(mountPoint, 7)).toMatchObject(kept);
  });

  it('who may not set quotas is told EPERM', (context) => {
    const mountPoint = newFileSystem('project,quota', 'loop,prjquota');
    if (mountPoint === undefined)
      return skipFor(context, 'a kernel with project quotas (quota_v2)');
    process.seteuid?.(65534);
    try {
      expect(thrownBy(() => setProjectQuota?.(mountPoint, 7, 1, 1)).code).toBe('EPERM');
    } finally {
      process.seteuid?.(0);
    }
  });
});
