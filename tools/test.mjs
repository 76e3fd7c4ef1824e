// `npm test`: everything that needs no root, then one line that adds it all up.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

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

/** A file that could not even be loaded counts as one failure. */
function tally() {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const file of readdirSync(RESULTS)) {
    const result = JSON.parse(readFileSync(`${RESULTS}/${file}`, 'utf8'));
    sum.passed += result.numPassedTests;
    sum.failed += result.numFailedTests;
    sum.skipped += result.numPendingTests;
    sum.failed += result.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length;
  }
  return sum;
}

rmSync(RESULTS, { recursive: true, force: true });
const checks = [
  nxRun('build', 'build'),
  nxRun('types and lint', 'typecheck', 'lint'),
  run('boundaries', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'test']),
  nxRun('unit tests', 'test'),
  nxRun('end to end', 'e2e'),
];
const { passed, failed, skipped } = tally();
const broken = checks.filter((ok) => !ok).length;
// A check that failed without a failing test of its own (types, lint, a crash) counts as one.
const failures = Math.max(failed, broken);
process.stdout.write(
  `\n${passed} passed, ${failures} failed${skipped ? `, ${skipped} skipped` : ''}\n`,
);
process.exit(failures === 0 && passed > 0 ? 0 : 1);
