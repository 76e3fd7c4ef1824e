import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { readOptional, readStateFile, replaceFile, replaceFileDurably } from './state-file.ts';

const schema = z.strictObject({ n: z.int() });
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodemgr-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('what was written is read', async () => {
  const path = join(folder, 'deep', 'x.json');
  await replaceFile(path, 0o600, '{"n":1}');
  expect(await readStateFile(path, schema, 5)).toEqual({ found: 'state', state: { n: 1 } });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a file that is not there is not damage', async () => {
  expect(await readStateFile(join(folder, 'x'), schema, 5)).toEqual({ found: 'nothing' });
});

test('a damaged file is set aside with the reason, its contents kept', async () => {
  const path = join(folder, 'x.json');
  for (const text of ['{"n":', '{"n":"one"}']) {
    await writeFile(path, text);
    const outcome = await readStateFile(path, schema, 5);
    expect(outcome).toMatchObject({ found: 'damaged', setAside: `${path}.damaged-5` });
    expect(await readFile(`${path}.damaged-5`, 'utf8')).toBe(text);
  }
  expect(await readdir(folder)).toEqual(['x.json.damaged-5']);
});

test('what a killed writer left is no obstacle', async () => {
  const path = join(folder, 'x.json');
  await writeFile(`${path}~new`, 'half');
  await replaceFile(path, 0o644, '{"n":2}');
  expect(await readdir(folder)).toEqual(['x.json']);
});

test.each(['a_b.new', 'a_b.json', 'a_b.tmp', 'a_b.json.damaged-5'])(
  'the file of %s is not in the way of that of a_b',
  async (name) => {
    await writeFile(join(folder, name), 'of another');
    await replaceFile(join(folder, 'a_b'), 0o644, 'of a_b');
    await replaceFileDurably(join(folder, 'a_b'), 0o644, 'of a_b');
    expect(await readFile(join(folder, name), 'utf8')).toBe('of another');
    expect(await readFile(join(folder, 'a_b'), 'utf8')).toBe('of a_b');
  },
);

test('what cannot be read is damage like any other: a folder, a pipe, a link to itself', async () => {
  const path = join(folder, 'x.json');
  const inTheWay = [
    () => mkdir(path),
    async () => void execFileSync('mkfifo', [path]),
    () => symlink('x.json', path),
  ];
  for (const [now, make] of inTheWay.entries()) {
    await make();
    expect(await readStateFile(path, schema, now)).toMatchObject({
      found: 'damaged',
      reason: expect.stringContaining(`cannot read ${path}: `),
      setAside: `${path}.damaged-${now}`,
    });
    expect(await readStateFile(path, schema, now)).toEqual({ found: 'nothing' });
  }
});

test('what cannot even be set aside is reported so, and stays', async () => {
  const path = join(folder, 'x.json');
  await writeFile(path, '{');
  await mkdir(`${path}.damaged-5`);
  const outcome = await readStateFile(path, schema, 5);
  expect(outcome).toMatchObject({
    found: 'damaged',
    reason: expect.stringContaining('it cannot be set aside: '),
    setAside: undefined,
  });
  expect(await readFile(path, 'utf8')).toBe('{');
});

test('bytes of any kind are read and written unchanged as latin1', async () => {
  const path = join(folder, 'x');
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  await writeFile(path, bytes);
  await replaceFile(path, 0o644, (await readOptional(path, 'latin1')) ?? '', 'latin1');
  expect(await readFile(path)).toEqual(bytes);
});
