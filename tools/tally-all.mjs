// The last line of `.ci/run`: what `npm test`, `npm run test:bare` and `npm run test:node` have counted, added up. Its arguments
// are the commands that failed.
import { added, report, tally } from './tally.mjs';

const all = added(
  ['dist/test-results', 'dist/node-test-results', 'dist/bare-test-results'].map(tally),
);
process.exitCode = report(all, process.argv.slice(2));
