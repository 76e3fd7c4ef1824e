// Bundles the benchmark of the whole node, and runs it. Needs the apps built: it measures those.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import { FOR_NODE } from '../../tools/esbuild-options.mjs';

const outdir = 'dist/bench/node';
await build({
  ...FOR_NODE,
  entryPoints: ['main', 'load.process', 'bare-server.process'].map(
    (name) => `test/bench/${name}.ts`,
  ),
  outdir,
  outExtension: { '.js': '.cjs' },
});
process.exitCode = spawnSync(process.execPath, [`${outdir}/main.cjs`, ...process.argv.slice(2)], {
  stdio: 'inherit',
}).status;
