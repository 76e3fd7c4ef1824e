import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SharedFile } from './shared-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodemgr-shared-'));
});
afterEach(() => rm(folder, { recursive: true }));

const path = () => join(folder, 'passwd');
const content = () => readFile(path(), 'utf8');
const inode = async () => (await stat(path())).ino;

/** Names of ours begin with `our_`. */
const aFile = () => new SharedFile(path(), ([name = '']) => name.startsWith('our_'));

test('a line counts as set when the file has it', async () => {
  const file = aFile();
  await Promise.all(
    ['a', 'b', 'c'].map(async (one) => {
      await file.set(`our_${one}`, `our_${one}:x`);
      expect(await content()).toContain(`our_${one}:x\n`);
    }),
  );
});

test('lines that are set while a write is under way are all in the next one', async () => {
  const file = aFile();
  const first = file.set('our_0', 'our_0:x');
  let done = 0;
  const rest = Array.from({ length: 500 }, async (_, i) => {
    await file.set(`our_${i + 1}`, `our_${i + 1}:x`);
    done += 1;
  });
  await first;
  await rest[0];
  await Promise.resolve();
  expect(done).toBe(500);
  await Promise.all(rest);
});

test('who sets what is there already waits for nobody and writes nothing', async () => {
  const file = aFile();
  await file.set('our_a', 'our_a:x');
  const before = await inode();
  const other = file.set('our_b', 'our_b:x');
  let otherDone = false;
  const watched = other.then(() => {
    otherDone = true;
  });
  await file.set('our_a', 'our_a:x');
  expect(otherDone).toBe(false);
  await watched;
  const after = await inode();
  expect(after).not.toBe(before);
  await file.set('our_a', 'our_a:x');
  expect(await inode()).toBe(after);
});

test('what others change meanwhile is kept, and a line that is lost comes back', async () => {
  const file = aFile();
  await file.set('our_a', 'our_a:x');
  await writeFile(path(), 'them:1\n# théirs\n\nmore');
  await file.set('our_b', 'our_b:x');
  expect(await content()).toBe('them:1\n# théirs\n\nmore\nour_a:x\nour_b:x\n');
  expect(file.isOthers('them')).toBe(true);
  expect(file.others[0]).toEqual(['them', '1']);
});

test('a line that becomes ours is not left beside the new one', async () => {
  const ours = new Set(['a']);
  const file = new SharedFile(path(), ([name = '']) => ours.has(name));
  await writeFile(path(), 'b:theirs\nc:theirs\n');
  await file.set('a', 'a:x');
  ours.add('b');
  file.nowOurs('b');
  await file.set('b', 'b:x');
  expect(await content()).toBe('c:theirs\na:x\nb:x\n');
});

test('a line that could not be written is written when it is set again', async () => {
  const file = aFile();
  await mkdir(path());
  await expect(file.set('our_a', 'our_a:x')).rejects.toThrow(/cannot read .*passwd: /);
  await rm(path(), { recursive: true });
  await file.set('our_a', 'our_a:x');
  expect(await content()).toBe('our_a:x\n');
});

test('whatever is set and taken away, the file has the lines of others first, then what is set', async () => {
  const act = fc.tuple(fc.constantFrom('our_a', 'our_b', 'our_c'), fc.option(fc.nat(9)));
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
      await writeFile(path(), 'them:1\nour_left:over\n');
      const file = aFile();
      const expected = new Map<string, string>();
      const line = (name: string, value: number | null) =>
        value === null ? undefined : `${name}:${value}`;
      await file.write();
      for (const [name, value] of acts) {
        const wanted = line(name, value);
        if (wanted === undefined) expected.delete(name);
        else expected.set(name, wanted);
      }
      await Promise.all(acts.map(([name, value]) => file.set(name, line(name, value))));
      const lines = (await content()).split('\n').slice(0, -1);
      expect(lines[0]).toBe('them:1');
      expect(lines.slice(1).sort()).toEqual([...expected.values()].sort());
    }),
    { numRuns: 40 },
  );
});
