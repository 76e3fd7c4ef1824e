import { expect, test } from 'vitest';
import { isBeingStopped } from './remove-limits.ts';

const UNIT = 'nodemgr-bwcap-agent.service';

test('a unit is being stopped when it has a job to stop, and not when it has one to restart', () => {
  expect(isBeingStopped(`1234 ${UNIT} stop running\n`, UNIT)).toBe(true);
  expect(isBeingStopped(`1234 ${UNIT} restart running\n`, UNIT)).toBe(false);
  expect(isBeingStopped(`1234 ${UNIT} start waiting\n`, UNIT)).toBe(false);
});

test('a unit is not being stopped when it has no job, or when another unit has one', () => {
  expect(isBeingStopped('', UNIT)).toBe(false);
  expect(isBeingStopped('No jobs running.\n', UNIT)).toBe(false);
  expect(isBeingStopped('7 other.service stop running\n', UNIT)).toBe(false);
});
