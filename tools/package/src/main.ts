/** The second half of `npm run package` (main.mjs): dist/package/nodemgr_VERSION_ARCH.deb of what is in dist/. */
import { parseArgs } from 'node:util';
import { buildFacts } from './build-facts.ts';
import { makePackage } from './make-package.ts';

const USAGE = `usage: npm run package [-- --no-build] [-- --version VERSION]
  --no-build          take what is in dist/ as it is
  --version VERSION   instead of the one of package.json, to try an upgrade
`;

function main(): void {
  const { values } = parseArgs({
    options: { version: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const made = makePackage(buildFacts(process.env, values.version), 'dist/package');
  process.stdout.write(`${made}\n`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`npm run package: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
