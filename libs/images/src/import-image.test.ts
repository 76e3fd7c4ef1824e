/** Imports on real archives and folders. Without root all files are the caller's; what needs root says so. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageName, kib } from '@nodemgr/records';
import { needs } from '@nodemgr/testkit';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  anArchive,
  aProgram,
  aTree,
  put,
  Store,
  tar,
  temporaryFolder,
} from './images.test-support.ts';
import type { ImportProgress } from './import-image.ts';
import { readStore } from './read-store.ts';

const root = needs('root');
const zstd = needs('zstd');
let store: Store;
beforeEach(() => {
  store = new Store();
});

const inRoot = (...path: readonly string[]) => join(store.imagesDir, 'default@1', 'root', ...path);
/** What is in the store beside its lock. */
const entries = () => readdirSync(store.imagesDir).filter((name) => name !== '.lock');
const modeOf = (path: string) => statSync(path).mode & 0o7777;

describe('an archive', () => {
  test.each([
    ['not compressed', []],
    ['compressed with gzip', ['--gzip']],
    ['compressed with bzip2', ['--bzip2']],
    ['compressed with xz', ['--xz']],
  ])('%s becomes a version, whatever its name', becomesAVersion);
  test.skipIf(zstd.missing)(
    `compressed with zstd becomes a version, whatever its name${zstd.note}`,
    () => becomesAVersion('compressed with zstd', ['--zstd']),
  );

  async function becomesAVersion(_how: string, how: readonly string[]): Promise<void> {
    const archive = anArchive(aTree(), ...how);
    expect(await store.add(archive)).toBe('default@1');
    expect(readFileSync(inRoot('etc/os-release'), 'utf8')).toBe('ID=test\n');
    expect(await readStore(store.imagesDir)).toMatchObject({
      images: [{ ref: 'default@1', importedAt: 1_700_000_000, source: archive }],
      damaged: [],
    });
    expect(entries()).toEqual(['default@1']);
  }

  test('from a pipe is read as it comes', async () => {
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const archive = anArchive(aTree(), '--gzip');
    const [ref] = await Promise.all([store.add(pipe), writeFile(pipe, readFileSync(archive))]);
    expect(ref).toBe('default@1');
  });

  test.each([
    ['is cut short', ['--gzip'], (text: Buffer) => text.subarray(0, -20), /unexpected end of file/],
    ['is damaged', ['--xz'], (text: Buffer) => text.fill(7, 60, 90), /xz: .*corrupt/],
    ['is none', [], () => Buffer.alloc(4096, 'x'), /does not look like a tar archive/],
    ['is empty', [], () => Buffer.alloc(0), /system\.tar is empty/],
  ])('that %s is refused, and nothing is left', async (_how, how, spoil, why) => {
    const archive = anArchive(aTree(), ...how);
    writeFileSync(archive, spoil(readFileSync(archive)));
    await expect(store.add(archive)).rejects.toThrow(why);
    expect(entries()).toEqual([]);
  });

  test('tells how much of it is unpacked, and what comes after', async () => {
    const seen: ImportProgress[] = [];
    await store.add(anArchive(aTree()), { onProgress: (progress) => seen.push(progress) });
    expect(new Set(seen.map(({ step }) => step))).toEqual(new Set(['unpack', 'check', 'sync']));
    expect(seen[0]).toEqual({ step: 'unpack', unpacked: 10 });
  });
});

describe('a folder', () => {
  test('becomes a version, and stays as it was', async () => {
    const tree = aTree();
    expect(await store.add(tree)).toBe('default@1');
    expect(existsSync(inRoot('var/log'))).toBe(true);
    expect(readdirSync(tree).sort()).toEqual(['bin', 'etc']);
  });

  test('in which the store itself is would never end, and is refused', async () => {
    await expect(store.add(store.stateDir)).rejects.toThrow(/holds the store of images itself/);
    await expect(store.add('/')).rejects.toThrow(/holds the store of images itself/);
  });

  test('that is none, or nothing, is refused by its name', async () => {
    await expect(store.add('/dev/null')).rejects.toThrow(
      '/dev/null is neither a file nor a folder',
    );
    await expect(store.add('/nowhere.tar')).rejects.toThrow(
      /\/nowhere\.tar cannot be read: ENOENT/,
    );
  });
});

describe('a version', () => {
  test('has the next number of its name, whatever else there is', async () => {
    const archive = anArchive(aTree());
    await store.add(archive);
    await store.add(archive, { name: imageName('other') });
    mkdirSync(join(store.imagesDir, 'default@7'));
    expect(await store.add(archive)).toBe('default@8');
  });

  test('of two imports at once gets a number each', async () => {
    const archive = anArchive(aTree());
    const refs = await Promise.all([store.add(archive), store.add(archive), store.add(archive)]);
    expect(refs.sort()).toEqual(['default@1', 'default@2', 'default@3']);
  });

  test('cannot be looked into by users of the node, and is an ordinary root inside', async () => {
    await store.add(anArchive(aTree(), '--mode=u=rwx,go='));
    expect(modeOf(join(store.imagesDir, 'default@1'))).toBe(0o700);
    expect(modeOf(inRoot())).toBe(0o755);
  });

  test('has the mount points of a container, with the modes that they have everywhere', async () => {
    const tree = aTree();
    mkdirSync(join(tree, 'tmp'), { mode: 0o700 });
    await store.add(tree);
    const folders = ['proc', 'sys', 'dev', 'run', 'usr', 'var/log', 'tmp', 'root'];
    expect(folders.map((folder) => modeOf(inRoot(folder)).toString(8))).toEqual([
      '755',
      '755',
      '755',
      '755',
      '755',
      '755',
      '1777',
      '700',
    ]);
  });

  test('has no identity: an empty machine-id, and no keys of a host', async () => {
    const tree = aTree();
    put(join(tree, 'etc/machine-id'), 'f00\n');
    for (const key of ['ssh_host_rsa_key', 'ssh_host_rsa_key.pub', 'sshd_config']) {
      put(join(tree, 'etc/ssh', key), 'x');
    }
    await store.add(tree);
    expect(readFileSync(inRoot('etc/machine-id'), 'utf8')).toBe('');
    expect(readdirSync(inRoot('etc/ssh'))).toEqual(['sshd_config']);
  });

  test('has set-user-id bits, hard links and names that are no UTF-8, as its source has', async () => {
    const tree = aTree();
    put(join(tree, 'bin/su'), 'x', 0o4755);
    linkSync(join(tree, 'bin/su'), join(tree, 'bin/other'));
    writeFileSync(Buffer.from(`${tree}/\xff\n`, 'latin1'), '');
    await store.add(tree);
    expect(modeOf(inRoot('bin/su'))).toBe(0o4755);
    expect(statSync(inRoot('bin/other')).ino).toBe(statSync(inRoot('bin/su')).ino);
    expect(readdirSync(inRoot(), 'latin1')).toContain('\xff\n');
  });

  test('has nothing where the container mounts its own', async () => {
    const tree = aTree();
    for (const file of ['dev/x', 'run/a/b', 'proc/1/stat']) put(join(tree, file));
    await store.add(tree);
    expect(['dev', 'run', 'proc'].map((folder) => readdirSync(inRoot(folder)))).toEqual([
      [],
      [],
      [],
    ]);
  });
});

describe('a tree is refused, with the reason,', () => {
  const shell = (tree: string) => join(tree, 'bin/sh');
  test.each<[string, (tree: string) => void, RegExp]>([
    ['without a shell', (tree) => rmSync(shell(tree)), /no \/bin\/sh \(ENOENT\)/],
    ['without an /etc', (tree) => rmSync(join(tree, 'etc'), { recursive: true }), /no \/etc/],
    ['whose shell may not be executed', (tree) => put(shell(tree), aProgram()), /not be executed/],
    [
      'whose shell is for another processor',
      (tree) => put(shell(tree), aProgram(183), 0o755),
      /its \/bin\/sh is a program for arm64, this machine is x64/,
    ],
    [
      'whose shell is a link without an end',
      (tree) => {
        rmSync(shell(tree));
        symlinkSync('sh', shell(tree));
      },
      /no \/bin\/sh \(ELOOP\)/,
    ],
    [
      'with a link where a folder must be',
      (tree) => symlinkSync('/', join(tree, 'var')),
      /its \/var is no folder/,
    ],
    [
      'with a link where the container mounts',
      (tree) => symlinkSync('/', join(tree, 'run')),
      /its \/run is no folder/,
    ],
    [
      'with a link for /etc',
      (tree) => {
        rmSync(join(tree, 'etc'), { recursive: true });
        symlinkSync('/etc', join(tree, 'etc'));
      },
      /no \/etc/,
    ],
    [
      'larger than allowed',
      (tree) => put(join(tree, 'big'), Buffer.alloc(2 ** 20)),
      /larger than 1 MiB/,
    ],
  ])('%s', async (_what, spoil, why) => {
    const tree = aTree();
    spoil(tree);
    await expect(store.add(tree, { maxSize: kib(1024) })).rejects.toThrow(why);
    expect(entries()).toEqual([]);
  });

  test('that is small to fetch and large to unpack, before it is written', async () => {
    const tree = aTree();
    put(join(tree, 'zeros'), Buffer.alloc(64 * 2 ** 20));
    const adding = store.add(anArchive(tree, '--gzip'), { maxSize: kib(1024) });
    await expect(adding).rejects.toThrow(/larger than/);
  });

  test.skipIf(root.missing)(`with ids that no sliver has${root.note}`, async () => {
    const adding = store.add(anArchive(aTree(), '--owner=:65536', '--group=:0'));
    await expect(adding).rejects.toThrow(/^\/\S* belongs to user 65536; a sliver has only/);
    expect(await store.add(anArchive(aTree(), '--owner=:65535', '--group=:65535'))).toBe(
      'default@1',
    );
    expect(lstatSync(inRoot('bin/sh'))).toMatchObject({ uid: 65_535, gid: 65_535 });
    expect(lstatSync(inRoot())).toMatchObject({ uid: 0, gid: 0 });
  });

  test.skipIf(root.missing)(`with a device outside /dev${root.note}`, async () => {
    const tree = aTree();
    execFileSync('mknod', [join(tree, 'etc/null'), 'c', '1', '3']);
    await expect(store.add(anArchive(tree))).rejects.toThrow(
      '/etc/null is a character device; an image has none outside /dev',
    );
  });
});

describe('an archive that wants out', () => {
  /** An archive of members whose names are as given. */
  function hostile(...members: readonly (readonly [name: string, from: string])[]): string {
    const archive = anArchive(aTree());
    for (const [name, from] of members) {
      const rename = `--transform=s|^.*$|${name}|`;
      tar('--append', `--file=${archive}`, '--absolute-names', rename, from);
    }
    return archive;
  }
  let outside: string;
  let file: string;
  beforeEach(() => {
    outside = temporaryFolder();
    file = join(outside, 'passwd');
    writeFileSync(file, 'hostile');
  });

  test('by an absolute name stays inside', async () => {
    await store.add(hostile([`${outside}/written`, file]));
    expect(readdirSync(outside)).toEqual(['passwd']);
    expect(existsSync(inRoot(outside, 'written'))).toBe(true);
  });

  test('by .. writes nothing out of the tree', async () => {
    await store.add(hostile(['../../../escaped', file])).catch(() => undefined);
    expect(existsSync(join(store.imagesDir, 'escaped'))).toBe(false);
    expect(existsSync(join(store.stateDir, 'escaped'))).toBe(false);
    expect(existsSync(join(store.imagesDir, '..', '..', 'escaped'))).toBe(false);
  });

  test.each([
    ['absolute', () => outside],
    ['relative', () => `../../../../../../../../..${outside}`],
  ])('by a file behind an %s link writes nothing there', async (_how, target) => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync(target(), link);
    await store.add(hostile(['way', link], ['way/written', file])).catch(() => undefined);
    expect(readdirSync(outside)).toEqual(['passwd']);
  });

  test('by being a link itself is refused', async () => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync(outside, link);
    await expect(store.add(hostile(['.', link]))).rejects.toThrow(/tar: \.: Cannot /);
    expect(readdirSync(outside)).toEqual(['passwd']);
  });

  test('by a hard link does not find what it is to lead to', async () => {
    const archive = anArchive(aTree());
    linkSync(file, join(outside, 'again'));
    tar('--append', `--file=${archive}`, '--absolute-names', file, join(outside, 'again'));
    tar('--delete', `--file=${archive}`, '--absolute-names', file);
    await expect(store.add(archive)).rejects.toThrow(/Cannot hard link to/);
  });

  test('by links alone is imported: they lead nowhere but inside', async () => {
    const tree = aTree();
    symlinkSync('/etc/shadow', join(tree, 'etc/shadow'));
    symlinkSync('../../../../../../..', join(tree, 'up'));
    await store.add(anArchive(tree));
    expect(lstatSync(inRoot('up')).isSymbolicLink()).toBe(true);
  });
});

describe('a system whose /bin is a link', () => {
  test.each(['usr/bin', '/usr/bin', './usr/../usr//bin/'])('to %s has a shell', async (target) => {
    const tree = aTree();
    put(join(tree, 'usr/bin/dash'), aProgram(), 0o755);
    symlinkSync('dash', join(tree, 'usr/bin/sh'));
    rmSync(join(tree, 'bin'), { recursive: true });
    symlinkSync(target, join(tree, 'bin'));
    expect(await store.add(anArchive(tree))).toBe('default@1');
  });
});

describe('an import', () => {
  test('that is interrupted leaves nothing', async () => {
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const adding = store.add(anArchive(aTree()), { signal: stop.signal, onProgress });
    await expect(adding).rejects.toThrow('interrupted: nothing was imported');
    expect(entries()).toEqual([]);
  });

  test('from a pipe that nobody writes to can be interrupted', async () => {
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const stop = new AbortController();
    const adding = store.add(pipe, { signal: stop.signal });
    const writer = await open(pipe, 'w');
    onTestFinished(() => writer.close());
    stop.abort();
    await expect(adding).rejects.toThrow('interrupted');
  });

  test('clears what killed ones have left, and nothing of one at work', async () => {
    mkdirSync(join(store.imagesDir, '.import-dead/image/root'), { recursive: true });
    let during: readonly string[] = [];
    const archive = anArchive(aTree());
    let other: Promise<unknown> | undefined;
    await store.add(archive, {
      onProgress: ({ step }) => {
        if (step !== 'check' || other !== undefined) return;
        during = entries();
        other = store.add(archive);
      },
    });
    await other;
    expect(during).toHaveLength(1);
    expect(entries().sort()).toEqual(['default@1', 'default@2']);
  });

  test('that would fill the disk is refused before it writes', async () => {
    const adding = store.add(anArchive(aTree()), { keepFree: kib(2 ** 50) });
    await expect(adding).rejects.toThrow(
      /^the disk is full: \S+ \S+ is free, and 1048576 TiB must/,
    );
    expect(entries()).toEqual([]);
  });
});
