// Adds up what vitest has left in a folder of results, for the last line of a test run.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A file that could not even be loaded counts as one failure. */
export function tally(folder) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    const result = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
    sum.passed += result.numPassedTests;
    sum.failed += result.numFailedTests;
    sum.skipped += result.numPendingTests;
    sum.failed += result.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length;
  }
  return sum;
}

/**
 * Writes 'N passed, N failed' and returns the exit status. A check that failed without a failing test of
 * its own (types, lint, a crash) counts as one.
 */
export function report({ passed, failed, skipped }, brokenChecks) {
  const failures = Math.max(failed, brokenChecks);
  const left = skipped ? `, ${skipped} skipped` : '';
  process.stdout.write(`\n${passed} passed, ${failures} failed${left}\n`);
  return failures === 0 && passed > 0 ? 0 : 1;
}
