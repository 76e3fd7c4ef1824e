import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochSeconds } from '@nodemgr/records';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { slicesXml } from './builders.test-support.ts';
import { DocumentStore, sha256Of } from './document-store.ts';

let folder: string;
let store: DocumentStore;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'document-store-')), 'plc');
  store = new DocumentStore(folder);
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

const noteOf = (bytes: Buffer, etag = '"1"') => ({
  kind: 'slices-xml' as const,
  url: 'https://plc.example/slices.xml',
  node_id: 17,
  etag,
  sha256: sha256Of(bytes),
  bytes: bytes.length,
  fetched_at: 1_700_000_000_000,
  vouched_at: epochSeconds(1_700_000_000),
});

test('nothing kept is nothing, and no error', async () => {
  expect(await store.load()).toBeUndefined();
});

test('what is saved is loaded again, and only the last of it stays', async () => {
  await store.save(noteOf(slicesXml('a_b')), slicesXml('a_b'));
  const bytes = slicesXml('a_c');
  await store.save(noteOf(bytes), bytes);
  await store.note(noteOf(bytes, '"2"'));
  expect(await store.load()).toEqual({ note: noteOf(bytes, '"2"'), bytes });
  expect((await readdir(folder)).sort()).toEqual(
    [`${sha256Of(bytes)}.xml`, 'last-good.json'].sort(),
  );
});

test('a crash before the last step leaves the document of before', async () => {
  const bytes = slicesXml('a_b');
  await store.save(noteOf(bytes), bytes);
  await writeFile(join(folder, `${'0'.repeat(64)}.xml`), 'half');
  await writeFile(join(folder, 'last-good.json.tmp'), '{');
  expect(await store.load()).toMatchObject({ bytes });
});

test('an answer of GetSlivers takes the place of a document, and the other way round', async () => {
  const bytes = slicesXml('a_b');
  const answer = Buffer.from('{}');
  const note = { ...noteOf(answer), kind: 'getslivers' as const };
  await store.save(noteOf(bytes), bytes);
  await store.save(note, answer);
  expect(await store.load()).toEqual({ note, bytes: answer });
  expect((await readdir(folder)).sort()).toEqual(
    [`${sha256Of(answer)}.json`, 'last-good.json'].sort(),
  );
  await store.save(noteOf(bytes), bytes);
  expect(await readdir(folder)).toHaveLength(2);
});

test('a note from before there were two kinds is one of slices.xml', async () => {
  const bytes = slicesXml('a_b');
  await store.save(noteOf(bytes), bytes);
  const { kind: _, ...old } = noteOf(bytes);
  await writeFile(join(folder, 'last-good.json'), JSON.stringify(old));
  expect(await store.load()).toEqual({ note: noteOf(bytes), bytes });
});

test('a damaged document or note is an error, never a document', async () => {
  const bytes = slicesXml('a_b');
  await store.save(noteOf(bytes), bytes);
  await writeFile(join(folder, `${sha256Of(bytes)}.xml`), bytes.subarray(1));
  await expect(store.load()).rejects.toThrow('is damaged');
  await writeFile(join(folder, 'last-good.json'), '{}');
  await expect(store.load()).rejects.toThrow();
});

test('nobody else can read it', async () => {
  const bytes = slicesXml('a_b');
  await store.save(noteOf(bytes), bytes);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(folder)) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  }
});
