import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageName } from '@nodemgr/records';
import { beforeEach, describe, expect, test } from 'vitest';
import { aTree, DEFAULT, put, Store } from './images.test-support.ts';
import { newestOf } from './newest-of.ts';
import { listImages, readStore } from './read-store.ts';

let store: Store;
beforeEach(() => {
  store = new Store();
});
const refsOf = async () => (await listImages(store.imagesDir)).map(({ ref }) => ref);

describe('a store', () => {
  test('that is not there yet is empty', async () => {
    expect(await readStore(store.imagesDir)).toEqual({ images: [], damaged: [] });
  });

  test('lists by name, and versions by number, not as text', async () => {
    const tree = aTree();
    for (let count = 0; count < 11; count += 1) await store.add(tree);
    await store.add(tree, { name: imageName('a') });
    expect((await refsOf()).slice(0, 3)).toEqual(['a@1', 'default@1', 'default@2']);
    expect((await refsOf()).at(-1)).toBe('default@11');
  });

  test.each<[string, (folder: string) => void, RegExp]>([
    ['without its note', (folder) => rmSync(join(folder, 'image.json')), /image\.json/],
    ['with half a note', (folder) => writeFileSync(join(folder, 'image.json'), '{"na'), /JSON/],
    ['with a note of nothing', (folder) => writeFileSync(join(folder, 'image.json'), '{}'), /name/],
    ['without a tree', (folder) => rmSync(join(folder, 'root'), { recursive: true }), /root/],
    [
      'with a file for a tree',
      (folder) => {
        rmSync(join(folder, 'root'), { recursive: true });
        put(join(folder, 'root'));
      },
      /root is no folder/,
    ],
    [
      'with the note of another image',
      (folder) => {
        const note = { name: 'other', imported_at: 1, source: 'x', size_kib: 1 };
        writeFileSync(join(folder, 'image.json'), JSON.stringify(note));
      },
      /that of other/,
    ],
  ])('tells an entry %s apart, with the reason, and has the others', async (_how, spoil, why) => {
    const tree = aTree();
    await store.add(tree);
    await store.add(tree);
    spoil(join(store.imagesDir, 'default@1'));
    const { images, damaged } = await readStore(store.imagesDir);
    expect(images).toMatchObject([{ ref: 'default@2' }]);
    expect(damaged).toEqual([{ ref: 'default@1', why: expect.stringMatching(why) }]);
  });

  test('passes over what is no version: hidden folders, and what is not ours', async () => {
    for (const name of [
      '.import-x',
      '.doomed-x',
      '.leaving-default@1',
      'lost+found',
      'Default@1',
    ]) {
      put(join(store.imagesDir, name, 'image.json'), '{}');
    }
    expect(await readStore(store.imagesDir)).toEqual({ images: [], damaged: [] });
  });
});

test('the newest version has the largest number, and a name without versions has none', async () => {
  const tree = aTree();
  for (let count = 0; count < 10; count += 1) await store.add(tree);
  const images = await listImages(store.imagesDir);
  expect(newestOf(DEFAULT, images)?.ref).toBe('default@10');
  expect(newestOf(DEFAULT, images.toReversed())?.ref).toBe('default@10');
  expect(newestOf(imageName('other'), images)).toBeUndefined();
});
