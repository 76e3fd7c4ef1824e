/** The demo behind `npm start`: a PLC and the five processes on this machine, until Ctrl-C. */
import { resolve } from 'node:path';
import { ConfigError } from '@nodemgr/config';
import { refuseDebugger } from '@nodemgr/daemon';
import { parseDemoOptions, USAGE, UsageError } from './demo-options.ts';
import { runDemo } from './run-demo.ts';

async function main(): Promise<number> {
  refuseDebugger();
  // A user without a umask has no files that everyone may write, either; a stricter one counts.
  process.umask(process.umask() | 0o022);
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  // Whoever read us (`| head`, `| grep -m1 ready`) may leave; the node goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop.abort());
  }
  return runDemo({
    options,
    // __dirname of the bundle: dist/apps/demo.
    apps: resolve(__dirname, '..'),
    sample: resolve(__dirname, '../../../apps/demo-plc/sample/slices.xml'),
    output: process.stdout,
    stop: stop.signal,
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const known = error instanceof UsageError || error instanceof ConfigError;
    process.stderr.write(
      `npm start: ${(error as Error).message}\n${error instanceof UsageError ? USAGE : ''}`,
    );
    process.exit(known ? 2 : 1);
  },
);
