/** The rules on which way imports may run: the tree keeps them, and breaking one is noticed. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const CONFIG = '.dependency-cruiser.cjs';
let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'boundaries-'));
  for (const file of [CONFIG, 'tsconfig.base.json', 'package.json']) {
    copyFileSync(file, join(tree, file));
  }
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'));
  write('libs/records/src/index.ts', 'export const loan = 1;\n');
  write('libs/bus/src/index.ts', "export { loan } from '@nodemgr/records';\n");
  write('libs/bus/src/inner.ts', 'export const inner = 1;\n');
  write('apps/bwcap-agent/src/kernel/port.ts', 'export const port = 1;\n');
  write('apps/db-service/src/commit/state-keeper.ts', 'export const keeper = 1;\n');
  write('apps/one/src/main.ts', "import { loan } from '@nodemgr/records';\nvoid loan;\n");
  write('apps/two/src/main.ts', 'export const two = 2;\n');
  write('test/a.ts', 'export {};\n');
});

afterEach(() => rmSync(tree, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), text);
}

function check(): { readonly ok: boolean; readonly said: string } {
  const cruise = resolve('node_modules/.bin/depcruise');
  const run = spawnSync(cruise, ['--config', CONFIG, 'apps', 'libs', 'test'], {
    cwd: tree,
    encoding: 'utf8',
  });
  return { ok: run.status === 0, said: run.stdout + run.stderr };
}

test('imports that run the right way pass', () => {
  expect(check()).toMatchObject({ ok: true });
});

test.each([
  ['no-lib-imports-an-app', 'libs/bus/src/bad.ts', "import '../../../apps/one/src/main.ts';\n"],
  ['no-app-imports-another', 'apps/one/src/bad.ts', "import '../../two/src/main.ts';\n"],
  ['pure-libs-do-no-io', 'libs/records/src/bad.ts', "import 'node:fs';\n"],
  ['pure-libs-import-pure-libs-only', 'libs/records/src/bad.ts', "import '@nodemgr/bus';\n"],
  ['planners-are-pure', 'apps/one/src/plan-slivers.ts', "import 'node:child_process';\n"],
  ['pure-rooms-do-no-io', 'apps/bwcap-agent/src/limits/bad.ts', "import 'node:fs';\n"],
  ['rules-do-no-io', 'apps/db-service/src/loans/bad.ts', "import 'node:fs';\n"],
  ['rules-do-no-io', 'apps/db-service/src/feed/bad.ts', "import '../commit/state-keeper.ts';\n"],
  ['no-arrow-up-from-plan', 'apps/bwcap-agent/src/plan/bad.ts', "import '../kernel/port.ts';\n"],
  ['libs-have-one-face', 'apps/one/src/bad.ts', "import '../../../libs/bus/src/inner.ts';\n"],
])('%s is noticed', (rule, file, text) => {
  write(file, text);
  const { ok, said } = check();
  expect(said).toContain(rule);
  expect(ok).toBe(false);
});

interface Graph {
  readonly nodes: Readonly<Record<string, { readonly data: { readonly root: string } }>>;
  readonly dependencies: Readonly<Record<string, readonly { readonly target: string }[]>>;
}

/** The folders of the libraries that an app's sources name. */
function librariesOf(app: string): readonly string[] {
  const files = readdirSync(join(app, 'src'), { recursive: true, encoding: 'utf8' });
  const texts = files
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .map((file) => readFileSync(join(app, 'src', file), 'utf8'));
  const named = texts.flatMap((text) => [...text.matchAll(/ from '@nodemgr\/([\w-]+)'/g)]);
  return [...new Set(named.map(([, name = '']) => `libs/${name}`))];
}

test('an app is built anew when a library that it imports has changed', () => {
  const file = join(tree, 'graph.json');
  const nx = resolve('node_modules/.bin/nx');
  const { status, stderr } = spawnSync(nx, ['graph', `--file=${file}`], { encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const { nodes, dependencies } = (JSON.parse(readFileSync(file, 'utf8')) as { graph: Graph })
    .graph;
  for (const [name, { data }] of Object.entries(nodes)) {
    if (!data.root.startsWith('apps/')) continue;
    const known = (dependencies[name] ?? []).map(({ target }) => nodes[target]?.data.root);
    expect(known, name).toEqual(expect.arrayContaining([...librariesOf(data.root)]));
  }
}, 120_000);
