// Adds up what vitest has left in a folder of results, for the last lines of a test run.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PACKAGES = fileURLToPath(new URL('machine-packages.json', import.meta.url));
const NOT_SAID = 'something that it does not say';

/** For want of what a test was skipped: as its title says (libs/testkit), or as it found while it ran. */
function wantsOf({ fullName, meta }) {
  const inTitle = [...fullName.matchAll(/\(skipped: needs ([^)]*(?:\([^)]*\)[^)]*)*)\)/g)];
  const said = inTitle.flatMap(([, names]) => names.split(', '));
  const wants = [...said, ...(meta?.needs ?? [])];
  return wants.length === 0 ? [NOT_SAID] : [...new Set(wants)];
}

/** A test's failure is told by its first lines: which comparison, and where. */
const MESSAGE_LINES = 12;
/** So many failures are told with their messages; of more, how many. */
const FAILURES_TOLD = 20;

const firstLines = (message) =>
  message
    .split('\n')
    .filter((line) => !line.includes('/node_modules/'))
    .slice(0, MESSAGE_LINES)
    .join('\n');

const hasFailed = ({ status }) => status === 'failed';

/**
 * What failed in one file of tests. Of a file that could not be loaded no test failed, nor of one whose
 * beforeAll did: its tests were skipped. Either is one failure of the file itself.
 */
function failuresOf({ name, status, message, assertionResults }) {
  if (status !== 'failed') return [];
  const failed = assertionResults.filter(hasFailed);
  if (failed.length === 0)
    return [`${name}: before its tests\n${firstLines(message || 'it does not say why')}`];
  return failed.map(
    ({ fullName, failureMessages }) =>
      `${name}: ${fullName}\n${firstLines(failureMessages.join('\n'))}`,
  );
}

/** tally returns what the files of results in a folder count, for want of what tests were skipped, and what failed. */
export function tally(folder) {
  const sum = { passed: 0, skipped: 0, wants: new Map(), failures: [] };
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  for (const file of names.filter((name) => name.endsWith('.json'))) {
    const result = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
    sum.passed += result.numPassedTests;
    sum.skipped += result.numPendingTests;
    for (const file of result.testResults) {
      sum.failures.push(...failuresOf(file));
      // Its other tests were skipped for want of nothing.
      if (file.status === 'failed' && !file.assertionResults.some(hasFailed)) continue;
      const skipped = file.assertionResults.filter((test) =>
        ['skipped', 'pending'].includes(test.status),
      );
      for (const want of skipped.flatMap(wantsOf))
        sum.wants.set(want, (sum.wants.get(want) ?? 0) + 1);
    }
  }
  return sum;
}

/** added returns the sum of what `tally` returned. */
export function added(sums) {
  const total = { passed: 0, skipped: 0, wants: new Map(), failures: [] };
  for (const sum of sums) {
    total.passed += sum.passed;
    total.skipped += sum.skipped;
    total.failures.push(...sum.failures);
    for (const [want, count] of sum.wants)
      total.wants.set(want, (total.wants.get(want) ?? 0) + count);
  }
  return total;
}

/** Says how many tests were skipped for want of what, and what brings it; a test may lack several things. */
function skipLines(wants) {
  if (wants.size === 0) return '';
  const most = [...wants].sort(([, one], [, other]) => other - one);
  const counted = most.map(([want, count]) => `${want} (${count})`).join(', ');
  const brought = new Set(Object.values(JSON.parse(readFileSync(PACKAGES, 'utf8'))).flat());
  const packages = most.map(([want]) => want).filter((want) => brought.has(want));
  const how =
    packages.length === 0 ? '' : `; as root, npm run prepare-machine brings ${packages.join(', ')}`;
  return `skipped for want of ${counted}${how}\n`;
}

/** Says what failed, at the end, where a reader looks first. */
function failureLines(failures, brokenChecks) {
  const more = failures.length - FAILURES_TOLD;
  return [
    ...failures.slice(0, FAILURES_TOLD).map((failure) => `FAILED ${failure}\n`),
    ...(more > 0 ? [`FAILED ${more} more\n`] : []),
    ...brokenChecks.map((check) => `FAILED ${check}\n`),
  ].join('');
}

/**
 * Writes what failed and for want of what tests were skipped, then 'N passed, N failed, N skipped', and
 * returns the exit status. `brokenChecks` names the commands that failed; one that failed without a failing
 * test of its own (types, lint, a crash) counts as one.
 */
export function report({ passed, skipped, wants, failures }, brokenChecks) {
  const failed = Math.max(failures.length, brokenChecks.length);
  const left = skipped ? `, ${skipped} skipped` : '';
  const said = `${failureLines(failures, brokenChecks)}${skipLines(wants)}`;
  process.stdout.write(`\n${said}${passed} passed, ${failed} failed${left}\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
