// `npm test`: all tests but those on a machine of their own, then one line that adds it all up. What needs root is skipped elsewhere.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { report, tally } from './tally.mjs';

const RESULTS = 'dist/test-results';
const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');
const env = { ...process.env, NX_TUI: 'false', NX_DAEMON: 'false' };

/** Writes how long a part of the run took, below what it said. */
function timed(title, start, status) {
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  process.stdout.write(`== ${title}: ${status === 0 ? 'ok' : 'failed'} after ${seconds} s\n`);
  return { title, ok: status === 0 };
}

/** Runs a command alone, and shows what it says while it says it. */
async function run(title, command, ...args) {
  process.stdout.write(`\n== ${title}\n`);
  const start = performance.now();
  const [status] = await once(spawn(command, args, { stdio: 'inherit', env }), 'exit');
  return timed(title, start, status);
}

/** Runs an npm script beside others: what it says is shown at its end, in one piece. */
async function runBeside(script) {
  const start = performance.now();
  const child = spawn('npm', ['run', script], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
  const [status] = await once(child, 'close');
  process.stdout.write(`\n== ${script}\n${Buffer.concat(said)}`);
  return timed(script, start, status);
}

const nxRun = (title, target) =>
  run(
    title,
    process.execPath,
    nx,
    'run-many',
    '--nxBail=false',
    '--outputStyle=static',
    '-t',
    target,
  );

/** The types take one processor as long as everything else that is checked takes another. */
async function staticChecks() {
  const types = runBeside('typecheck');
  const others = [await runBeside('lint'), await runBeside('boundaries')];
  return [await types, ...others];
}

rmSync(RESULTS, { recursive: true, force: true });
const checks = [
  await nxRun('build', 'build'),
  ...(await staticChecks()),
  await run('unit tests', 'npm', 'run', 'test:unit'),
  await nxRun('end to end', 'e2e'),
];
const broken = checks.filter(({ ok }) => !ok).map(({ title }) => title);
process.exit(report(tally(RESULTS), broken));
