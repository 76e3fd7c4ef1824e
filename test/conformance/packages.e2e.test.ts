/** CI installs the clients: a client that is not there is skipped, and nobody would notice. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMAND_LINES, STRANGERS } from './strangers.ts';

test('CI installs every package that a client is in', () => {
  const script = readFileSync('.ci/run', 'utf8').split(/[\s()=]+/);
  for (const { packages } of [...STRANGERS, ...Object.values(COMMAND_LINES)]) {
    expect(script).toEqual(expect.arrayContaining([...packages]));
  }
});
