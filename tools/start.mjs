// `npm start`: builds, then runs the demo in this very process, so that a signal
// reaches it and nothing stands between.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');

async function build() {
  const output = [];
  const child = spawn(process.execPath, [nx, 'run-many', '-t', 'build', '--outputStyle=static'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NX_TUI: 'false', NX_DAEMON: 'false' },
  });
  const stop = () => child.kill('SIGTERM');
  process.on('SIGINT', stop).on('SIGTERM', stop);
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => output.push(chunk));
  const [code] = await once(child, 'exit');
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output));
  process.stderr.write('npm start: the build failed\n');
  process.exit(1);
}

// npm that is killed tells nobody; its script would live on with the port and the state.
if (process.env.npm_lifecycle_event === 'start') {
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

const demo = fileURLToPath(new URL('../dist/apps/demo/main.cjs', import.meta.url));
if (!process.argv.includes('--help') || !existsSync(demo)) {
  process.stdout.write('building …\n');
  await build();
}
createRequire(import.meta.url)(demo);
