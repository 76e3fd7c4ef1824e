// Bundles the fuzzing of XML-RPC as the daemons are bundled, and runs it. Needs nothing built.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const outdir = 'dist/fuzz';
await build({
  entryPoints: ['main', 'worker.process', 'watchdog.thread'].map((name) => `test/fuzz/${name}.ts`),
  outdir,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['zeromq', 'better-sqlite3'],
  tsconfig: 'tsconfig.base.json',
  logLevel: 'warning',
});
process.exitCode =
  spawnSync(process.execPath, [`${outdir}/main.cjs`, ...process.argv.slice(2)], {
    stdio: 'inherit',
  }).status ?? 1;
