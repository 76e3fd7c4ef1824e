// Measures the budget 'a history of 200 slivers costs under 1% of a core and 15 MiB', beside a process without it.
// A look is as on a node: each sliver's four files are read, and the whole is written, one look a minute. The
// files are copies in a temporary folder: what the kernel takes to make those of a real group comes on top.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SLIVERS = 200;
/** A day of minutes, so that all of it is kept and the file is as large as it gets by minute. */
const LOOKS = 1440;
const BUDGET = { percent: 1, mib: 15 };
const OUTFILE = 'dist/bench/usage-history.mjs';
const FILES = {
  'cpu.stat': 'usage_usec 123456789\nuser_usec 100000000\nsystem_usec 23456789\n',
  'memory.current': '104857600\n',
  'pids.current': '12\n',
  'io.stat': '259:0 rbytes=1048576 wbytes=2097152 rios=10 wios=20 dbytes=0 dios=0\n',
};
/** The units' own options: what is interpreted costs what it costs on a node. */
const NODE_OPTIONS = ['--expose-gc', '--max-semi-space-size=1', '--jitless', '--no-expose-wasm'];

function readAll(folders) {
  for (const folder of folders) {
    statSync(folder);
    for (const file of Object.keys(FILES)) readFileSync(join(folder, file), 'utf8');
  }
}

function residentMiB() {
  globalThis.gc();
  return process.memoryUsage().rss / 2 ** 20;
}

/** Runs in a process of its own, `with` or `without` the history; prints CPU ms a look and resident MiB. */
async function measure(kind) {
  const folder = mkdtempSync(join(tmpdir(), 'usage-bench-'));
  const folders = Array.from({ length: SLIVERS }, (_, at) => join(folder, `site_${at}`));
  for (const one of folders) {
    mkdirSync(one);
    for (const [file, text] of Object.entries(FILES)) writeFileSync(join(one, file), text);
  }
  const { UsageHistory } = await import(pathToFileURL(OUTFILE).href);
  let now = 1_800_000_000;
  let used = 0;
  const looks = () => {
    readAll(folders);
    used += 500;
    return folders.map((_, at) => ({
      name: `site_${at}`,
      era: 'boot group',
      amounts: {
        cpu_ms: used + at,
        memory_kib: 100_000 + at,
        tasks: 12,
        disk_kib: 1_000_000,
        files: 5000,
        read_bytes: used * 1000,
        written_bytes: used * 2000,
      },
    }));
  };
  const failed = (failure) => {
    throw new Error(failure.reason);
  };
  const history =
    kind === 'with'
      ? new UsageHistory({
          file: join(folder, 'history', 'usage.sqlite'),
          looks,
          clock: { look: () => ({ now, clockTrusted: true }) },
          monotonicMs: () => now * 1000,
          timing: { now: () => now * 1000, after: () => () => {} },
          failures: { report: failed, clear: () => false },
          log: { error: () => {}, warn: () => {} },
        })
      : undefined;
  const before = process.cpuUsage();
  for (let look = 0; look < LOOKS; look++) {
    now += 60;
    history?.look();
  }
  const { user, system } = process.cpuUsage(before);
  const bytes = history === undefined ? 0 : statSync(join(folder, 'history', 'usage.sqlite')).size;
  console.log(JSON.stringify({ ms: (user + system) / 1000 / LOOKS, mib: residentMiB(), bytes }));
  history?.close();
  rmSync(folder, { recursive: true });
}

async function compare() {
  const { build } = await import('esbuild');
  mkdirSync('dist/bench', { recursive: true });
  await build({
    stdin: {
      contents: `export { UsageHistory } from './libs/usage-history/src/index.ts';`,
      resolveDir: process.cwd(),
    },
    outfile: OUTFILE,
    bundle: true,
    external: ['better-sqlite3', 'zeromq'],
    platform: 'node',
    format: 'esm',
    tsconfig: 'tsconfig.base.json',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const run = (kind) => {
    const args = [...NODE_OPTIONS, fileURLToPath(import.meta.url), kind];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  };
  const [without, kept] = [run('without'), run('with')];
  const percent = ((kept.ms - without.ms) / 60_000) * 100;
  const mib = kept.mib - without.mib;
  console.log(`${SLIVERS} slivers, one look a minute, ${LOOKS} looks:`);
  console.log(`  CPU       ${kept.ms.toFixed(1)} ms a look: ${percent.toFixed(3)}% of a core`);
  console.log(
    `  resident  ${kept.mib.toFixed(1)} MiB, ${without.mib.toFixed(1)} without: ${mib.toFixed(1)} MiB`,
  );
  console.log(`  file      ${(kept.bytes / 2 ** 20).toFixed(1)} MiB after a day`);
  if (percent < BUDGET.percent && mib < BUDGET.mib) return;
  console.error(`over the budget of ${BUDGET.percent}% and ${BUDGET.mib} MiB`);
  process.exitCode = 1;
}

const [, , kind] = process.argv;
if (kind === undefined) await compare();
else await measure(kind);
