/** Builds of bundles: several at once in one folder, and one after another that was killed. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const BUNDLE = resolve('tools/bundle.mjs');
const FILES = ['main.cjs', 'main.cjs.map', 'packages.json'];

let folder: string;
let output: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  output = join(folder, 'dist/apps/some');
  mkdirSync(join(folder, 'apps/some/src'), { recursive: true });
  writeFileSync(join(folder, 'apps/some/src/main.ts'), "console.log('it runs');\n");
  writeFileSync(join(folder, 'tsconfig.base.json'), '{}');
});
afterEach(() => rmSync(folder, { recursive: true }));

const bundle = () => promisify(execFile)(process.execPath, [BUNDLE, 'apps/some'], { cwd: folder });

test('builds of one app at once all succeed, and leave its files and nothing else', async () => {
  await Promise.all([bundle(), bundle(), bundle()]);
  expect(readdirSync(output).sort()).toEqual(FILES);
  const { stdout } = spawnSync(process.execPath, [join(output, 'main.cjs')], { encoding: 'utf8' });
  expect(stdout).toBe('it runs\n');
});

test('a build removes what one that was killed has left, and nothing of one that still runs', async () => {
  const killed = spawnSync('sh', ['-c', 'kill -KILL $$']).pid;
  const running = `main.cjs.${process.pid}.new`;
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, `main.cjs.${killed}.new`), 'half of');
  writeFileSync(join(output, running), 'the oth');
  await bundle();
  expect(readdirSync(output).sort()).toEqual([...FILES, running].sort());
  expect(readFileSync(join(output, running), 'utf8')).toBe('the oth');
});
