// Runs the end-to-end tests: those that measure what a network carries first, for whatever else is busy is
// measured too; then the others side by side, one file at a time in each lane. Arguments choose the files whose
// paths contain one of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

const SUFFIX = '.e2e.test.ts';
const NETWORK = 'test/bandwidth/';
/** Of these, what keeps a processor busy, or looks at tenths of a second, is beside nothing else. */
const ALONE = ['fast-ceilings', 'many-slivers', 'restart'].map((name) => NETWORK + name + SUFFIX);
/** The networks' tests mostly wait: two lanes leave the kernel the time that it is measured by. */
const NETWORK_LANES = 2;
/** The others' wait too, a third of the time: three lanes keep two processors busy. */
const LANES = 3;
/** Seconds of a file that is not in test/durations.json: most take less. */
const SHORT = 5;

const seconds = JSON.parse(readFileSync('test/durations.json', 'utf8'));
const files = readdirSync('test', { recursive: true })
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => `test/${file}`);
for (const file of [...Object.keys(seconds), ...ALONE]) {
  if (!files.includes(file))
    throw new Error(`there is no ${file}, which durations.json or a lane names`);
}

/** The longest first, each to the lane that has had least: they end at about the same time. */
function lanes(name, count, files) {
  const secondsOf = (file) => seconds[file] ?? SHORT;
  const all = Array.from({ length: count }, (_, i) => ({
    name: `${name}-${i + 1}`,
    files: [],
    seconds: 0,
  }));
  const longestFirst = files.toSorted(
    (one, other) => secondsOf(other) - secondsOf(one) || one.localeCompare(other),
  );
  for (const file of longestFirst) {
    const lane = all.reduce((one, other) => (other.seconds < one.seconds ? other : one));
    lane.files.push(file);
    lane.seconds += secondsOf(file);
  }
  return all;
}

/** vitest takes a path from here for one file; from below `test`, for all that end alike. */
async function runLane({ name, files }) {
  const args = ['tools/run-vitest.mjs', name, '.', '--no-file-parallelism', ...files];
  const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  return status;
}

const wanted = process.argv.slice(2);
const chosen = files.filter(
  (file) => wanted.length === 0 || wanted.some((part) => file.includes(part)),
);
if (chosen.length === 0) throw new Error(`no end-to-end test is called like ${wanted.join(', ')}`);
const network = chosen.filter((file) => file.startsWith(NETWORK));
const alone = network.filter((file) => ALONE.includes(file));
const rounds = [
  lanes('e2e-alone', 1, alone),
  lanes(
    'e2e-network',
    NETWORK_LANES,
    network.filter((file) => !alone.includes(file)),
  ),
  lanes(
    'e2e',
    LANES,
    chosen.filter((file) => !network.includes(file)),
  ),
];
const statuses = [];
for (const round of rounds) {
  const busy = round.filter(({ files }) => files.length > 0);
  statuses.push(...(await Promise.all(busy.map(runLane))));
}
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
