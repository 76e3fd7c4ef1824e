// `npm run test:node`: makes the packages, then tests them on a machine. What is said after -- goes to the
// tests: names of files, --all, --long, --prepare.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { prepareMachine } from '../prepare-machine.mjs';
import { report, tally } from '../tally.mjs';
import { bundleMachine } from './bundle.mjs';
import { newestPackage } from './newest-package.mjs';

const RESULTS = 'dist/node-test-results';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
prepareMachine('npm run test:node', 'npm run package');
rmSync(RESULTS, { recursive: true, force: true });

function made(script) {
  process.stdout.write(`\n== npm run ${script}\n`);
  return spawnSync('npm', ['run', script], { stdio: 'inherit' }).status === 0;
}

async function tested() {
  process.stdout.write('\n== the node, on a machine\n');
  await bundleMachine('ask-inside.process');
  const program = await bundleMachine('run-tests');
  const debs = ['nodemgr', 'nodemgr-ticket-signer'].map(newestPackage);
  const args = ['--enable-source-maps', program, ...debs, RESULTS, ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  // It stops its machine first, and its end is ours.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  const [code] = await once(child, 'exit');
  return code === 0;
}

const ok = made('build') && made('package') && (await tested());
// Whoever only has the machine made ready counts no tests.
if (process.argv.includes('--prepare')) process.exitCode = ok ? 0 : 1;
else process.exitCode = report(tally(RESULTS), ok ? [] : ['the tests on the machine']);
