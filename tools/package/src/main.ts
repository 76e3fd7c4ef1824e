/** The second half of `npm run package` (main.mjs): the packages of a node and of the ticket signer, in dist/package. */
import { parseArgs } from 'node:util';
import { buildFacts } from './build-facts.ts';
import { makePackage } from './make-package.ts';
import { NODE_PACKAGE } from './node-package.ts';
import { SIGNER_PACKAGE } from './signer-package.ts';

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
  const facts = buildFacts(process.env, values.version);
  for (const recipe of [NODE_PACKAGE, SIGNER_PACKAGE]) {
    process.stdout.write(`${makePackage(facts, 'dist/package', recipe)}\n`);
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`npm run package: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
