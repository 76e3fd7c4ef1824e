/** Removals, and slivers that are made in the same moment. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { imageName } from '@nodemgr/records';
import { beforeEach, describe, expect, test } from 'vitest';
import { claimNewest, isThere } from './claim-image.ts';
import { type ImageVersion, parseImageVersion } from './image-version.ts';
import { aTree, DEFAULT, put, Store } from './images.test-support.ts';
import { removeImage, removeOutdated } from './remove-image.ts';

let store: Store;
beforeEach(() => {
  store = new Store();
});

const entries = () => readdirSync(store.imagesDir).filter((name) => name !== '.lock');
const remove = (what: string, findUsers = store.findUsers) =>
  removeImage({
    imagesDir: store.imagesDir,
    what: what.includes('@') ? parseImageVersion(what) : imageName(what),
    findUsers,
  });
const outdate = () =>
  removeOutdated({ imagesDir: store.imagesDir, findUsers: store.findUsers, name: DEFAULT });

/** A version that takes no time to make, for tests that look at names only. */
function version(ref: string): void {
  const note = { name: ref.split('@')[0], imported_at: 1, source: 'x', size_kib: 1 };
  put(join(store.imagesDir, ref, 'image.json'), JSON.stringify(note));
  mkdirSync(join(store.imagesDir, ref, 'root'));
}

describe('a version', () => {
  test('that nobody stands on is removed with all that is in it, whatever the names', async () => {
    const tree = aTree();
    put(join(tree, 'x'));
    renameSync(Buffer.from(join(tree, 'x')), Buffer.from(`${tree}/\xff\n`, 'latin1'));
    await store.add(tree);
    expect(await remove('default@1')).toEqual(['default@1']);
    expect(entries()).toEqual([]);
  });

  test('that a sliver stands on stays, and the refusal names who', async () => {
    version('default@1');
    store.use('default@1');
    await expect(remove('default@1')).rejects.toThrow(
      'default@1 is used by princeton_sirius: nothing was removed',
    );
    expect(entries()).toEqual(['default@1']);
  });

  test('that only kept files stand on stays too', async () => {
    version('default@1');
    store.use('default@1', 'kept/mit_dht@1700000000');
    await expect(remove('default@1')).rejects.toThrow('is used by mit_dht (kept files):');
  });

  test('that many stand on is refused with five of them and a count', async () => {
    version('default@1');
    for (let n = 1; n <= 7; n += 1) store.use('default@1', `slivers/a_${n}`);
    await expect(remove('default@1')).rejects.toThrow('by a_1, a_2, a_3, a_4, a_5 and 2 more:');
  });

  test('stays as long as it is not clear what some sliver stands on', async () => {
    version('default@1');
    store.use('defau');
    await expect(remove('default@1')).rejects.toThrow(
      /not clear what is in use: .*slivers\/princeton_sirius\/image names no image: "defau"/,
    );
    expect(entries()).toEqual(['default@1']);
  });

  test('that is damaged can be removed', async () => {
    mkdirSync(join(store.imagesDir, 'default@1'), { recursive: true });
    expect(await remove('default@1')).toEqual(['default@1']);
  });

  test('that is not there is told so', async () => {
    version('default@1');
    await expect(remove('default@2')).rejects.toThrow(/there is no version default@2 in /);
    await expect(remove('other')).rejects.toThrow(/there is no image other in /);
  });
});

describe('an image', () => {
  test('is removed with all its versions, and others of a longer name stay', async () => {
    for (const ref of ['default@1', 'default@2', 'default-x@1']) version(ref);
    expect(await remove('default')).toEqual(['default@1', 'default@2']);
    expect(entries()).toEqual(['default-x@1']);
  });

  test('of which one version is in use loses none', async () => {
    for (const ref of ['default@1', 'default@2']) version(ref);
    store.use('default@2');
    await expect(remove('default')).rejects.toThrow('default@2 is used by');
    expect(entries()).toEqual(['default@1', 'default@2']);
  });
});

test('outdated versions go, but those in use and the newest stay', async () => {
  for (const ref of ['default@1', 'default@2', 'default@3', 'default@10', 'a@1']) version(ref);
  store.use('default@2');
  expect(await outdate()).toEqual(['default@1', 'default@3']);
  expect(entries()).toEqual(['a@1', 'default@10', 'default@2']);
});

describe('a sliver that is made in the same moment', () => {
  test('keeps its version when it got on it between the look and the removal', async () => {
    version('default@1');
    let looks = 0;
    const findUsers = async () => {
      looks += 1;
      const users = await store.findUsers();
      // The first look is that of the store's settling or the check; then someone comes.
      store.use('default@1');
      return users;
    };
    await expect(remove('default@1', findUsers)).rejects.toThrow('is used by princeton_sirius');
    expect(looks).toBe(2);
    expect(entries()).toEqual(['default@1']);
  });

  test('gets another version when its own went before its note was seen', async () => {
    for (const ref of ['default@1', 'default@2']) version(ref);
    const notes: ImageVersion[] = [];
    const note = async (ref: ImageVersion) => {
      if (notes.length === 0) await remove('default@2');
      notes.push(ref);
      store.use(ref);
    };
    const claim = { imagesDir: store.imagesDir, name: DEFAULT, note };
    expect(await claimNewest(claim)).toBe('default@1');
    expect(notes).toEqual(['default@2', 'default@1']);
  });

  test('is told that there is no image when the last one went', async () => {
    version('default@1');
    const note = async () => void (await remove('default@1'));
    const claim = claimNewest({ imagesDir: store.imagesDir, name: DEFAULT, note });
    await expect(claim).rejects.toThrow(/^there is no image default in .*nmctl image import/);
  });

  const claim = (note = async (ref: ImageVersion) => store.use(ref)) =>
    claimNewest({ imagesDir: store.imagesDir, name: DEFAULT, note });
  const attemptRemoval = (findUsers = store.findUsers) =>
    remove('default@2', findUsers).catch(() => []);

  test.each(['before look 1', 'after look 1', 'before look 2', 'after look 2'])(
    'all at once, %s of a removal at who stands there, never stands on what is gone',
    async (moment) => {
      for (const ref of ['default@1', 'default@2']) version(ref);
      const claimed: ImageVersion[] = [];
      let look = 0;
      const reach = async (now: string) => {
        if (now === moment) claimed.push(await claim());
      };
      await attemptRemoval(async () => {
        look += 1;
        await reach(`before look ${look}`);
        const users = await store.findUsers();
        await reach(`after look ${look}`);
        return users;
      });
      expect(claimed).toHaveLength(1);
      for (const ref of claimed) expect(await isThere(store.imagesDir, ref)).toBe(true);
    },
  );

  test.each(['before', 'after'])(
    'whose version is being removed %s it writes its note never stands on what is gone',
    async (moment) => {
      for (const ref of ['default@1', 'default@2']) version(ref);
      const ref = await claim(async (wanted) => {
        if (moment === 'before') await attemptRemoval();
        store.use(wanted);
        if (moment === 'after') await attemptRemoval();
      });
      expect(await isThere(store.imagesDir, ref)).toBe(true);
    },
  );
});

describe('a removal that was killed half-way', () => {
  test('is finished by the next one', async () => {
    version('default@1');
    version('.leaving-default@2');
    version('.doomed-x');
    await remove('default@1');
    expect(entries()).toEqual([]);
  });

  test('is undone when a sliver stands on the version', async () => {
    version('.leaving-default@1');
    version('other@1');
    store.use('default@1');
    await remove('other');
    expect(entries()).toEqual(['default@1']);
  });

  test('leaves its number taken until then', async () => {
    version('.leaving-default@1');
    expect(await store.add(aTree())).toBe('default@2');
    expect(existsSync(join(store.imagesDir, '.leaving-default@1'))).toBe(true);
  });
});

test('files that come back from being kept, between two looks, are seen', async () => {
  version('default@1');
  store.use('default@1', 'kept/princeton_sirius@5');
  mkdirSync(join(store.stateDir, 'slivers'));
  const looking = store.findUsers();
  renameSync(
    join(store.stateDir, 'kept/princeton_sirius@5'),
    join(store.stateDir, 'slivers/princeton_sirius'),
  );
  expect([...(await looking).of.keys()]).toEqual(['default@1']);
});

test('a folder of a sliver that has no note yet, or that is no folder, is no user', async () => {
  mkdirSync(join(store.stateDir, 'slivers/a_b'), { recursive: true });
  put(join(store.stateDir, 'slivers/stray'));
  expect(await store.findUsers()).toEqual({ of: new Map(), unclear: [] });
  rmSync(join(store.stateDir, 'slivers'), { recursive: true });
  expect(await store.findUsers()).toEqual({ of: new Map(), unclear: [] });
});
