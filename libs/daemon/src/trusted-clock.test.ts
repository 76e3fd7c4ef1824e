import { expect, test } from 'vitest';
import { TrustedClock } from './trusted-clock.ts';

const POLICY = { require_sync: true, jump_seconds: 0.5, settle_seconds: 300 };
const NOON = 1_800_000_000;

/** A clock that the test turns. */
class TurnedClock {
  wall = NOON;
  monotonic = 0;
  wallMs = (): number => this.wall * 1000;
  monotonicMs = (): number => this.monotonic * 1000;
  isSynchronised = true;
  synchronised = (): boolean => this.isSynchronised;

  pass(seconds: number): void {
    this.wall += seconds;
    this.monotonic += seconds;
  }
}

test('a clock that runs evenly is trusted, at whatever part of a second it is read', () => {
  const source = new TurnedClock();
  const clock = new TrustedClock(source, POLICY);
  for (let look = 0; look < 50; look++) {
    source.pass(0.97);
    expect(clock.look()).toEqual({ now: Math.floor(source.wall), clockTrusted: true });
  }
});

test('a jump is seen by the very look whose time it has changed', () => {
  const source = new TurnedClock();
  const clock = new TrustedClock(source, POLICY);
  source.wall += 1e6;
  expect(clock.look()).toEqual({ now: NOON + 1e6, clockTrusted: false });
  expect(clock.verdict).toEqual({ trusted: false, reason: 'the clock has jumped' });
});

test('a history goes on where it was while nobody has told the machine the time, and by the clock then', () => {
  const source = new TurnedClock();
  source.isSynchronised = false;
  source.wall = 1000;
  const stamp = new TrustedClock(source, POLICY).stamps(NOON * 1000);
  source.pass(5);
  expect(stamp()).toBe((NOON + 5) * 1000);
  source.isSynchronised = true;
  source.wall = NOON + 60;
  expect(stamp()).toBe((NOON + 60) * 1000);
});

test('a clock that is set back after it was synchronised is what a history goes by', () => {
  const source = new TurnedClock();
  const stamp = new TrustedClock(source, POLICY).stamps(NOON * 1000);
  source.wall -= 1e6;
  expect(stamp()).toBe((NOON - 1e6) * 1000);
});

test('whether the clock is synchronised is not asked where it does not matter', () => {
  const source = new TurnedClock();
  const forbidden = (): boolean => {
    throw new Error('EPERM');
  };
  const asking = { ...source, synchronised: forbidden };
  expect(new TrustedClock(asking, { ...POLICY, require_sync: false }).look().clockTrusted).toBe(
    true,
  );
  expect(() => new TrustedClock(asking, POLICY)).toThrow('EPERM');
});
