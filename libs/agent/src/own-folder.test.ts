import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownFolder } from './own-folder.ts';

let state = '';
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'nodemgr-own-'));
});
afterEach(() => rm(state, { recursive: true }));

test('a folder has one owner: who comes second is told whose it is and by which file', () => {
  const folder = join(state, 'deep', 'machine');
  ownFolder(folder, 'another agent has it');
  expect(() => ownFolder(folder, 'another agent has it')).toThrow(
    `another agent has it (it holds ${join(folder, 'lock')})`,
  );
});

test('two folders have two owners', () => {
  ownFolder(join(state, 'a'), 'taken');
  ownFolder(join(state, 'b'), 'taken');
});
