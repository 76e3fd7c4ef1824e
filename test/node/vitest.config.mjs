// The tests on a machine. All files of a lane share one machine, so their order is part of them.
import { basename } from 'node:path';
import { defineConfig, mergeConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import ours from '../../vitest.config.mjs';
import { ALL_LANES, SUFFIX } from './lanes.ts';

const ORDER = ALL_LANES.flat();

function placeOf({ moduleId }) {
  const place = ORDER.indexOf(basename(moduleId, SUFFIX));
  if (place === -1) throw new Error(`${moduleId} has no place in the order of these tests`);
  return place;
}

class InOrder extends BaseSequencer {
  async sort(files) {
    return files.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

/** What tools/node-machine/test.mjs says of the machine: see the-node.ts. */
function provided() {
  const text = process.env.NODE_MACHINE;
  if (text === undefined) throw new Error('these tests need a machine: npm run test:node');
  return JSON.parse(text);
}

export default mergeConfig(
  ours,
  defineConfig({
    test: {
      include: [`test/node/*${SUFFIX}`],
      setupFiles: ['test/node/report-troubles.ts'],
      fileParallelism: false,
      sequence: { sequencer: InOrder },
      testTimeout: 300_000,
      hookTimeout: 300_000,
      teardownTimeout: 30_000,
      provide: { machine: provided() },
    },
  }),
);
