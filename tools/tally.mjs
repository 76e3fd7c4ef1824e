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

/** A file that could not even be loaded counts as one failure. */
export function tally(folder) {
  const sum = { passed: 0, failed: 0, skipped: 0, wants: new Map() };
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  for (const file of names.filter((name) => name.endsWith('.json'))) {
    const result = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
    sum.passed += result.numPassedTests;
    sum.failed += result.numFailedTests;
    sum.skipped += result.numPendingTests;
    for (const { status, assertionResults } of result.testResults) {
      if (status === 'failed' && assertionResults.length === 0) sum.failed += 1;
      const skipped = assertionResults.filter((test) =>
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
  const total = { passed: 0, failed: 0, skipped: 0, wants: new Map() };
  for (const sum of sums) {
    for (const key of ['passed', 'failed', 'skipped']) total[key] += sum[key];
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

/**
 * Writes for want of what tests were skipped, then 'N passed, N failed, N skipped', and returns the exit
 * status. A check that failed without a failing test of its own (types, lint, a crash) counts as one.
 */
export function report({ passed, failed, skipped, wants }, brokenChecks) {
  const failures = Math.max(failed, brokenChecks);
  const left = skipped ? `, ${skipped} skipped` : '';
  process.stdout.write(`\n${skipLines(wants)}${passed} passed, ${failures} failed${left}\n`);
  return failures === 0 && passed > 0 ? 0 : 1;
}
