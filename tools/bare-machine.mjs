// `npm run test:bare`: README's commands on bare Debians in folders (test/bare). After --: --all (npm ci and
// all of npm test as each user on each release), or the names of releases.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { FOR_NODE } from './esbuild-options.mjs';
import { machineTests } from './machine-tests.mjs';
import { prepareMachine } from './prepare-machine.mjs';
import { report, tally } from './tally.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
prepareMachine('npm run test:bare');
const outfile = 'dist/bare-machine/main.cjs';
await build({ ...FOR_NODE, entryPoints: ['test/bare/main.ts'], outfile, sourcemap: true });
writeFileSync('dist/bare-machine/unit-tests.json', JSON.stringify(await machineTests()));
// What is mounted there goes with the process, however it ends.
const args = [
  '--mount',
  '--propagation=private',
  process.execPath,
  '--enable-source-maps',
  outfile,
];
const { status } = spawnSync('unshare', [...args, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = report(
  tally('dist/bare-test-results'),
  status === 0 ? [] : ['npm run test:bare'],
);
