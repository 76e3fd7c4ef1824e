import { describe, expect, test } from 'vitest';
import { matchesPattern, SLICE_PATTERN } from './slice-pattern.ts';

describe('a prefix of slices', () => {
  test.each(['princeton_*', 'upmc.lip6_*', 'a_B*', 'a_b.*', 'a_.*', `a_${'b'.repeat(29)}*`])(
    '%s is allowed',
    (pattern) => expect(SLICE_PATTERN.test(pattern)).toBe(true),
  );

  test.each(['princeton*', 'A_*', '.a_*', 'a..b_*', 'a_b..*', 'a-b_*', '_*', 'a_*b*', 'a_b', '*'])(
    '%s is no prefix that has a whole site',
    (pattern) => expect(SLICE_PATTERN.test(pattern)).toBe(false),
  );
});

describe('a pattern', () => {
  test.each([
    ['*', 'upmc.lip6_x.Nightly'],
    ['upmc.lip6_*', 'upmc.lip6_x.Nightly'],
    ['upmc.lip6_x.*', 'upmc.lip6_x.Nightly'],
    ['a_B', 'a_B'],
  ])('%s covers %s', (pattern, name) => expect(matchesPattern(pattern, name)).toBe(true));

  test.each([
    ['upmc_*', 'upmc.lip6_x'],
    ['upmc.lip6_*', 'upmc_lip6_x'],
    ['a.b_*', 'aXb_c'],
    ['a.b_*', 'a_b_c'],
    ['a_b', 'a_B'],
    ['a_B*', 'a_bc'],
    ['a.b_c', 'a_b_c'],
    ['*', 'no-slice'],
  ])('%s does not cover %s', (pattern, name) => expect(matchesPattern(pattern, name)).toBe(false));
});
