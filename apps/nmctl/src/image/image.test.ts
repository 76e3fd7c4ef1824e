/** `nmctl image` on a real store, with no daemon running. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode } from '../test-support/fake-node.ts';

const root = needs('root');
const other = needs('an ordinary user');
let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

function put(path: string, text: string): void {
  const file = join(node.folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

function version(ref: string): void {
  const note = { name: ref.split('@')[0], imported_at: 1, source: 'x.tar', size_kib: 1024 };
  put(`images/${ref}/image.json`, JSON.stringify(note));
  mkdirSync(join(node.folder, 'images', ref, 'root'));
}

describe('image list', () => {
  test('of a node without images says so, and is no error', async () => {
    expect(await node.run('image', 'list')).toMatchObject({ code: 0, err: '' });
    expect((await node.run('image', 'list', '--json')).out).toContain('"images": []');
  });

  test('counts slivers and kept files', async () => {
    version('default@1');
    put('slivers/a_b/image', 'default@1\n');
    put('kept/c_d@5/image', 'default@1\n');
    const { code, out } = await node.run('image', 'list');
    expect(code).toBe(0);
    expect(out).toMatch(/^default@1 +1 MiB +2 /m);
    expect(JSON.parse((await node.run('image', 'list', '--json')).out)).toEqual({
      images: [
        {
          name: 'default',
          version: 1,
          ref: 'default@1',
          imported_at: 1,
          source: 'x.tar',
          size_kib: 1024,
          users: ['a_b', 'c_d (kept files)'],
        },
      ],
      damaged: [],
      troubles: [],
    });
  });

  test('tells damaged versions, and slivers whose version is gone, and exits 1', async () => {
    version('default@1');
    put('images/default@2/image.json', '{');
    put('slivers/a_b/image', 'gone@1\n');
    const { code, out, err } = await node.run('image', 'list');
    expect(code).toBe(1);
    expect(out).toContain('default@1');
    expect(err).toMatch(/default@2 cannot be used: .*\n.*gone@1 is gone, and used by a_b\n$/);
  });
});

describe('image remove', () => {
  test('removes what nobody stands on', async () => {
    version('default@1');
    expect(await node.run('image', 'remove', 'default')).toEqual({
      code: 0,
      out: 'removed 1 version: default@1\n',
      err: '',
    });
    expect(existsSync(join(node.folder, 'images/default@1'))).toBe(false);
  });

  test('refuses what is in use, names the users and exits 1', async () => {
    version('default@1');
    put('slivers/a_b/image', 'default@1\n');
    expect(await node.run('image', 'remove', 'default@1')).toEqual({
      code: 1,
      out: '',
      err: 'nmctl: default@1 is used by a_b: nothing was removed\n',
    });
  });

  test.each(['../etc', 'default@0', 'A'])('of %s is a usage error', async (what) => {
    expect(await node.run('image', 'remove', what)).toMatchObject({
      code: 2,
      err: expect.stringContaining(`bad image '${what}'`),
    });
  });
});

describe('image import', () => {
  /** A folder with the shell of this machine, which is one that it can run. */
  function aSystem(): string {
    const tree = join(node.folder, 'system');
    for (const folder of ['bin', 'etc']) mkdirSync(join(tree, folder), { recursive: true });
    copyFileSync(realpathSync('/bin/sh'), join(tree, 'bin/sh'));
    chmodSync(join(tree, 'bin/sh'), 0o755);
    return tree;
  }

  test('of a bad name is a usage error', async () => {
    const { code, err } = await node.run('image', 'import', 'a@1', '/tmp');
    expect(code).toBe(2);
    expect(err).toContain("bad image name 'a@1': a-z");
  });

  test.skipIf(other.missing)(
    `by anyone but root is refused with the reason${other.note}`,
    async () => {
      const { code, err } = await node.run('image', 'import', 'default', aSystem());
      expect(code).toBe(1);
      expect(err).toContain('run it as root');
    },
  );

  test.skipIf(root.missing)(`makes a version, and removes the one before${root.note}`, async () => {
    const archive = join(node.folder, 'system.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', aSystem(), '.']);
    const first = await node.run('image', 'import', 'default', archive);
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^imported default@1, /) });
    const second = await node.run('image', 'import', 'default', archive, '--json');
    expect(JSON.parse(second.out)).toEqual({ ref: 'default@2', removed: ['default@1'] });
  });

  test.skipIf(root.missing)(
    `keeps older versions when it is not clear who stands on them${root.note}`,
    async () => {
      version('default@1');
      put('slivers/a_b/image', 'nonsense');
      const { code, out, err } = await node.run('image', 'import', 'default', aSystem());
      expect(code).toBe(0);
      expect(out).toMatch(/^imported default@2/);
      expect(err).toMatch(/older versions of default stay: it is not clear what is in use/);
    },
  );

  test.skipIf(root.missing)(
    `of what is no system, or too large, exits 1 with the reason${root.note}`,
    async () => {
      const { code, err } = await node.run('image', 'import', 'x', join(node.folder, 'nowhere'));
      expect(code).toBe(1);
      expect(err).toContain('nowhere cannot be read: ENOENT');
      const small = await node.run('image', 'import', 'x', aSystem(), '--max-size', '0.00001');
      expect(small.err).toContain('it is larger than');
      expect((await node.run('image', 'import', 'x', aSystem(), '--max-size', '0')).code).toBe(2);
    },
  );
});
