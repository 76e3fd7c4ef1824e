// Runs the end-to-end tests: those that measure what a network carries first and alone, for whatever else is
// busy is measured too; then the others in two lanes side by side, one file at a time in each. Arguments
// choose the files whose paths contain one of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

const SUFFIX = '.e2e.test.ts';
const NETWORK = 'test/bandwidth/';
/** Seconds of a file that is not in test/durations.json: most take less. */
const SHORT = 5;

const seconds = JSON.parse(readFileSync('test/durations.json', 'utf8'));
const files = readdirSync('test', { recursive: true })
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => `test/${file}`);
for (const file of Object.keys(seconds)) {
  if (!files.includes(file)) throw new Error(`test/durations.json: there is no ${file}`);
}

/** The longest first, each to the lane that has had less: the two end at about the same time. */
function lanes(files) {
  const secondsOf = (file) => seconds[file] ?? SHORT;
  const both = ['e2e-one', 'e2e-two'].map((name) => ({ name, files: [], seconds: 0 }));
  const longestFirst = files.toSorted(
    (one, other) => secondsOf(other) - secondsOf(one) || one.localeCompare(other),
  );
  for (const file of longestFirst) {
    const lane = both.reduce((one, other) => (other.seconds < one.seconds ? other : one));
    lane.files.push(file);
    lane.seconds += secondsOf(file);
  }
  return both;
}

async function runLane({ name, files }) {
  const args = ['tools/run-vitest.mjs', name, 'test', '--no-file-parallelism', ...files];
  const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  return status;
}

const wanted = process.argv.slice(2);
const chosen = files.filter(
  (file) => wanted.length === 0 || wanted.some((part) => file.includes(part)),
);
if (chosen.length === 0) throw new Error(`no end-to-end test is called like ${wanted.join(', ')}`);
const isNetwork = (file) => file.startsWith(NETWORK);
const rounds = [
  [{ name: 'e2e-network', files: chosen.filter(isNetwork) }],
  lanes(chosen.filter((file) => !isNetwork(file))),
];
const statuses = [];
for (const round of rounds) {
  const busy = round.filter(({ files }) => files.length > 0);
  statuses.push(...(await Promise.all(busy.map(runLane))));
}
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
