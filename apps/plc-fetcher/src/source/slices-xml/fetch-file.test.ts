import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { slicesXml } from '../../builders.test-support.ts';
import { fetchFile } from './fetch-file.ts';

const LATER = new AbortController().signal;
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fetch-file-'));
  path = join(folder, 'slices.xml');
});
afterEach(() => rm(folder, { recursive: true }));

const fetch = (validators = {}, maxBytes = 1000) =>
  fetchFile({ url: pathToFileURL(path).href, maxBytes })(validators, LATER);

test('a file is a document, and unchanged until it is written again', async () => {
  await writeFile(path, slicesXml('a_b'));
  const first = await fetch();
  if (first.kind !== 'document') throw new Error(JSON.stringify(first));
  expect(first.bytes).toEqual(slicesXml('a_b'));
  expect(await fetch(first.validators)).toEqual({ kind: 'unchanged' });
  await writeFile(path, slicesXml('a_bc'));
  expect(await fetch(first.validators)).toMatchObject({ kind: 'document' });
});

test('a file that is missing, too large or none at all is a failure', async () => {
  expect(await fetch()).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('ENOENT'),
  });
  await writeFile(path, slicesXml('a_b'));
  expect(await fetch({}, 10)).toEqual({
    kind: 'failed',
    cause: 'file-unfit',
    reason: 'the document has more than 10 bytes',
  });
  await rm(path);
  execFileSync('mkfifo', [path]);
  expect(await fetch()).toMatchObject({ kind: 'failed', reason: `${path} is not a file` });
});
