// Bundles the benchmark of the whole node, and runs it. Needs the apps built: it measures those.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const outdir = 'dist/bench/node';
await build({
  entryPoints: ['main', 'load.process', 'bare-server.process'].map(
    (name) => `test/bench/${name}.ts`,
  ),
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
process.exitCode = spawnSync(process.execPath, [`${outdir}/main.cjs`, ...process.argv.slice(2)], {
  stdio: 'inherit',
}).status;
