// Runs one project's tests and leaves their counts in dist/test-results for tools/test.mjs to add up.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

const [projectName, projectRoot, ...extra] = process.argv.slice(2);
mkdirSync('dist/test-results', { recursive: true });
const run = spawnSync(
  'vitest',
  [
    'run',
    `--dir=${projectRoot}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=dist/test-results/${projectName}.json`,
    ...extra,
  ],
  { stdio: 'inherit', shell: false },
);
process.exit(run.status ?? 1);
