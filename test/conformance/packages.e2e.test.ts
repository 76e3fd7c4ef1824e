/** CI installs the clients: one that is not there is skipped, and nobody would notice. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMAND_LINES, STRANGERS } from './strangers.ts';

test('a machine that is prepared has every package that a client is in', () => {
  const packages = JSON.parse(readFileSync('tools/machine-packages.json', 'utf8'));
  const prepared = Object.values<readonly string[]>(packages).flat();
  for (const { packages } of [...STRANGERS, ...Object.values(COMMAND_LINES)]) {
    expect(prepared).toEqual(expect.arrayContaining([...packages]));
  }
});

test('CI prepares its machine before anything else', () => {
  const commands = readFileSync('.ci/run', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('npm '));
  expect(commands[0]).toMatch(/^npm run --silent prepare-machine /);
});
