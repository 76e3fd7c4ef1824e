// Runs the tests of one project, or with the arguments `unit .` the unit tests of all projects at once,
// and leaves their counts in dist/test-results for tools/test.mjs to add up.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

const [name, folder, ...extra] = process.argv.slice(2);
mkdirSync('dist/test-results', { recursive: true });
// What a file of unit tests imports takes longer than its tests: those of one worker share it.
const shared = name === 'unit' ? ['--no-isolate'] : [];
const run = spawnSync(
  'vitest',
  [
    'run',
    `--dir=${folder}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=dist/test-results/${name}.json`,
    ...shared,
    ...extra,
  ],
  { stdio: 'inherit', shell: false },
);
if (run.error !== undefined) throw run.error;
process.exit(run.status ?? 1);
