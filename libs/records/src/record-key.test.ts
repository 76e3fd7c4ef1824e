import { expect, test } from 'vitest';
import { accountName } from './quantities.ts';
import {
  ACCOUNT_TYPES,
  accountOfKey,
  BWCAP_KEY,
  MAX_KEY_LENGTH,
  recordKeyOf,
  recordKeySchema,
  sliverOfKey,
  TIMESTAMP_KEY,
} from './record-key.ts';

const NAMES = ['princeton_sirius', 'a_sliver_b', 'sliver_sliver', 'delegate_x', 'a.b_C'];

test.each(ACCOUNT_TYPES.flatMap((type) => NAMES.map((name) => [type, name] as const)))(
  'the key of the %s %s names that account again',
  (type, text) => {
    const name = accountName(text);
    const key = recordKeyOf(type, name);
    expect(accountOfKey(key)).toEqual({ type, name });
    expect(sliverOfKey(key)).toBe(type === 'sliver' ? name : undefined);
  },
);

test.each([BWCAP_KEY, TIMESTAMP_KEY, '', 'sliver_', 'sliver_nobody', 'slice_a_b', 'sliver_a_b\nc'])(
  'the key %j names no account',
  (key) => {
    expect(accountOfKey(key)).toBeUndefined();
    expect(sliverOfKey(key)).toBeUndefined();
  },
);

test('a key that is too long is refused', () => {
  expect(recordKeySchema.safeParse('x'.repeat(MAX_KEY_LENGTH)).success).toBe(true);
  expect(recordKeySchema.safeParse('x'.repeat(MAX_KEY_LENGTH + 1)).success).toBe(false);
});
