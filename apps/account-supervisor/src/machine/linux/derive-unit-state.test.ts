import { expect, test } from 'vitest';
import { deriveUnitState, isRestarting } from './derive-unit-state.ts';

const active = (activeState: string) => deriveUnitState({ activeState, subState: '' }).active;

test('a unit that failed or never ran can be started; one that is about to change can be stopped', () => {
  expect(['inactive', 'failed'].map(active)).toEqual([false, false]);
  const others = ['active', 'activating', 'deactivating', 'reloading', 'refreshing'];
  expect(others.map(active)).toEqual([true, true, true, true, true]);
});

test('a unit that systemd starts again and again is ailing, and the reason names how it ended', () => {
  const unit = { activeState: 'activating', subState: 'auto-restart-queued' };
  expect(isRestarting(unit)).toBe(true);
  expect(deriveUnitState(unit, { result: 'exit-code', status: 1 })).toEqual({
    active: true,
    ailing: 'its unit ends by itself (exit-code, exit status 1); systemd starts it again',
  });
  expect(isRestarting({ activeState: 'active', subState: 'running' })).toBe(false);
});
