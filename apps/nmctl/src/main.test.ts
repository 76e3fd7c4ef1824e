/** The bundle as people run it: through the launcher of the checkout, as a process of its own. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeNode, theDaemons } from './test-support/fake-node.ts';

/** Below the checkout, so that the bundle finds its packages. */
const CHECKOUT = resolve('dist/test-nmctl');
const LAUNCHER = join(CHECKOUT, 'tools/nmctl.mjs');
const UNBUILT = join(CHECKOUT, 'unbuilt/tools/nmctl.mjs');
const BUNDLE = join(CHECKOUT, 'dist/apps/nmctl/main.cjs');

beforeAll(async () => {
  for (const launcher of [LAUNCHER, UNBUILT]) {
    mkdirSync(join(launcher, '..'), { recursive: true });
    copyFileSync('tools/nmctl.mjs', launcher);
  }
  await build({
    entryPoints: ['apps/nmctl/src/main.ts'],
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['zeromq', 'better-sqlite3'],
    tsconfig: 'tsconfig.base.json',
  });
});
afterAll(() => rmSync(CHECKOUT, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** run spawns a launcher; with `deaf`, nobody reads its stdout. */
function run(launcher: string, args: readonly string[], deaf = false): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [launcher, ...args]);
    let out = '';
    let err = '';
    if (deaf) child.stdout.destroy();
    else child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('error', failed);
    child.on('close', (code) => done({ code, out, err }));
  });
}

test('the launcher of a checkout that is not built says how to build it', async () => {
  expect(await run(UNBUILT, ['status'])).toEqual({
    code: 2,
    out: '',
    err: 'nmctl: not built yet: run npm run build\n',
  });
});

test('the process asks the daemons, prints without colours into a pipe and exits by the answer', async () => {
  const node = new FakeNode();
  const { 'bwcap-agent': _, ...others } = theDaemons();
  await node.start(others);
  const { code, out, err } = await run(LAUNCHER, ['--state', node.folder, 'status']);
  await node.stop();
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(out).toMatch(/^bwcap-agent +down/m);
  expect(out).not.toContain('\x1b');
});

test('a reader that has gone away is no error', async () => {
  const { code, err } = await run(LAUNCHER, ['config', 'keys'], true);
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

test('what asks no daemon is done without loading the bus', async () => {
  // Nothing that the bundle could load is found from here.
  const folder = mkdtempSync(join(tmpdir(), 'nmctl-alone-'));
  const alone = join(folder, 'main.cjs');
  copyFileSync(BUNDLE, alone);
  try {
    for (const args of [['--help'], ['--version'], ['ticket', '--help'], ['config', 'keys']]) {
      const { code, err } = await run(alone, args);
      expect({ args, code, err }).toEqual({ args, code: 0, err: '' });
    }
    expect((await run(alone, ['status', '--config', '/nonexistent'])).err).toContain('zeromq');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
