// `npm run test:bare`: README's commands on a bare Debian in a folder (test/bare). After --: --whole (all of
// npm test, on each release), or the names of releases.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { FOR_NODE } from './esbuild-options.mjs';
import { prepareMachine } from './prepare-machine.mjs';
import { report, tally } from './tally.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
prepareMachine('npm run test:bare');
const outfile = 'dist/bare-machine/main.cjs';
await build({ ...FOR_NODE, entryPoints: ['test/bare/main.ts'], outfile, sourcemap: true });
const args = ['--enable-source-maps', outfile, ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
process.exitCode = report(tally('dist/bare-test-results'), status === 0 ? 0 : 1);
