// The last line of `.ci/run`: what `npm test` and `npm run test:node` have counted, added up. Its argument
// is how many of the commands failed.
import { report, tally } from './tally.mjs';

const sums = ['dist/test-results', 'dist/node-test-results'].map(tally);
const total = (key) => sums.reduce((sum, one) => sum + one[key], 0);
const all = { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
process.exitCode = report(all, Number(process.argv[2]));
