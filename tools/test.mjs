// `npm test`: all tests but those on a machine of their own, then one line that adds it all up. What needs root is skipped elsewhere.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { report, tally } from './tally.mjs';

const RESULTS = 'dist/test-results';
const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');
const env = { ...process.env, NX_TUI: 'false', NX_DAEMON: 'false' };

function run(title, command, args) {
  process.stdout.write(`\n== ${title}\n`);
  return spawnSync(command, args, { stdio: 'inherit', env }).status === 0;
}

const nxRun = (title, ...targets) =>
  run(title, process.execPath, [
    nx,
    'run-many',
    '--nxBail=false',
    '--outputStyle=static',
    '-t',
    ...targets,
  ]);

rmSync(RESULTS, { recursive: true, force: true });
const checks = [
  nxRun('build', 'build'),
  nxRun('types and lint', 'typecheck', 'lint'),
  run('boundaries', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'test']),
  nxRun('unit tests', 'test'),
  nxRun('end to end', 'e2e'),
];
process.exit(report(tally(RESULTS), checks.filter((ok) => !ok).length));
