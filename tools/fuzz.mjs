// Bundles the fuzzing of XML-RPC as the daemons are bundled, and runs it. Needs nothing built.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import { FOR_NODE } from './esbuild-options.mjs';

const outdir = 'dist/fuzz';
await build({
  ...FOR_NODE,
  entryPoints: ['main', 'worker.process', 'watchdog.thread'].map((name) => `test/fuzz/${name}.ts`),
  outdir,
  outExtension: { '.js': '.cjs' },
});
process.exitCode =
  spawnSync(process.execPath, [`${outdir}/main.cjs`, ...process.argv.slice(2)], {
    stdio: 'inherit',
  }).status ?? 1;
