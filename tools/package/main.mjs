// `npm run package`: builds what has changed, bundles the program that makes the package, and runs it.
// With --no-build it takes what is in dist/ as it is.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { FOR_NODE } from '../esbuild-options.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const args = process.argv.slice(2).filter((arg) => arg !== '--no-build');

function run(...argv) {
  const env = { ...process.env, NX_TUI: 'false', NX_DAEMON: 'false' };
  return spawnSync(process.execPath, argv, { stdio: 'inherit', env }).status ?? 1;
}

if (!process.argv.includes('--no-build')) {
  const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');
  const status = run(nx, 'run-many', '-t', 'build', '--outputStyle=static');
  if (status !== 0) process.exit(status);
}
const outfile = 'dist/package/tool/main.cjs';
await build({
  ...FOR_NODE,
  entryPoints: ['tools/package/src/main.ts'],
  outfile,
  sourcemap: true,
});
process.exitCode = run('--enable-source-maps', outfile, ...args);
