import { expect, test } from 'vitest';
import { aDelegate, aSliver } from './builders.ts';
import { type Intent, intentOf } from './intent.ts';
import { type LocalFacts, NO_LOCAL_FACTS } from './record.ts';

function intent(
  record: Parameters<typeof aSliver>[0],
  local: Partial<LocalFacts> = {},
  enabled = 1,
): Intent {
  return intentOf({
    record: aSliver(record),
    local: { ...NO_LOCAL_FACTS, ...local },
    effective: { nm_enabled: enabled },
  });
}

const RUNS = { shouldExist: true, shouldRun: true, mayLogIn: true, restReason: undefined };
const UNBORN = { plc_instantiated: false };

test.each([
  ['that PLC instantiates exists and runs', intent({}), { ...RUNS, origin: 'plc' }],
  [
    'that PLC leaves to the API waits for CreateSliver, and nobody logs in to it',
    intent(UNBORN),
    {
      origin: 'not created',
      shouldExist: false,
      shouldRun: false,
      mayLogIn: false,
      restReason: 'not created',
    },
  ],
  [
    'that CreateSliver was called for runs',
    intent(UNBORN, { created: true }),
    { ...RUNS, origin: 'created' },
  ],
  [
    'that was stopped exists, rests, and is logged in to',
    intent({}, { stopped: true }),
    { origin: 'plc', shouldExist: true, shouldRun: false, mayLogIn: true, restReason: 'stopped' },
  ],
  [
    'that is disabled exists, rests and refuses logins, stopped or not',
    intent({}, { stopped: true }, 0),
    { origin: 'plc', shouldExist: true, shouldRun: false, mayLogIn: false, restReason: 'disabled' },
  ],
] as const)('a sliver %s', (_what, is, wanted) => {
  expect(is).toEqual(wanted);
});

test('a delegate exists, whoever has instantiated it', () => {
  const record = aDelegate({ plc_instantiated: false });
  expect(intentOf({ record, local: NO_LOCAL_FACTS, effective: {} })).toEqual({
    ...RUNS,
    origin: 'plc',
  });
});

test('an RSpec that is silent on nm_enabled disables nothing', () => {
  const grounds = { record: aSliver(), local: NO_LOCAL_FACTS, effective: {} };
  expect(intentOf(grounds).shouldRun).toBe(true);
});
