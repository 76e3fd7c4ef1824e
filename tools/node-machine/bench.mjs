// `npm run bench:node`: makes the package, then measures how slivers come and go on a machine that has it.
// What is said after -- goes to the benchmark: --before FILE.deb, --peers, --slivers N.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { prepareMachine } from '../prepare-machine.mjs';
import { bundleMachine } from './bundle.mjs';
import { newestPackage } from './newest-package.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
prepareMachine('npm run test:node', 'npm run package');

for (const script of ['build', 'package']) {
  const { status } = spawnSync('npm', ['run', script], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
await bundleMachine('ask-inside.process');
const program = await bundleMachine('bench-node', 'test/node/bench/main.ts');
const options = process.argv.slice(2);
const args = ['--enable-source-maps', program, newestPackage('nodemgr'), ...options];
const child = spawn(process.execPath, args, { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
const [code] = await once(child, 'exit');
process.exitCode = code ?? 1;
