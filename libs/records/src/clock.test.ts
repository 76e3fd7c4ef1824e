import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ClockPolicy,
  type ClockReading,
  hasExpired,
  judgeClock,
  readClock,
  UNREAD_CLOCK,
} from './clock.ts';
import { epochSeconds, seconds } from './quantities.ts';

const POLICY: ClockPolicy = { require_sync: true, jump_seconds: 30, settle_seconds: 300 };
const NOON = 1_700_000_000;

const at = (monotonic: number, wall = NOON + monotonic, synchronised = true): ClockReading => ({
  wall: seconds(wall),
  monotonic: seconds(monotonic),
  synchronised,
});
const after = (readings: readonly ClockReading[], policy = POLICY) =>
  readings.reduce((state, reading) => readClock(state, reading, policy), UNREAD_CLOCK);
const verdictOf = (readings: readonly ClockReading[], policy = POLICY) =>
  judgeClock(after(readings, policy), policy);

const JUMPED = { trusted: false, reason: 'the clock has jumped' };
const UNSYNCHRONISED = {
  trusted: false,
  reason: 'the clock has not been synchronised since boot',
};

describe('a clock', () => {
  test('that has not been read is not trusted', () => {
    expect(verdictOf([])).toMatchObject({ trusted: false });
  });

  test('that is synchronised and runs evenly is trusted', () => {
    expect(verdictOf([at(0)])).toEqual({ trusted: true });
    expect(verdictOf([at(0), at(1), at(2), at(1000)])).toEqual({ trusted: true });
  });

  test('that has not been synchronised since boot is not trusted', () => {
    expect(verdictOf([at(0, NOON, false)])).toEqual(UNSYNCHRONISED);
  });

  test('that has lost its synchronisation is not trusted until it has it again', () => {
    expect(verdictOf([at(0), at(1, NOON + 1, false)])).toEqual(UNSYNCHRONISED);
    expect(verdictOf([at(0), at(1, NOON + 1, false), at(2)])).toEqual({ trusted: true });
  });

  test('need not be synchronised where the policy says so', () => {
    const policy = { ...POLICY, require_sync: false };
    expect(verdictOf([at(0, NOON, false)], policy)).toEqual({ trusted: true });
  });

  test.each([
    ['forward', 31],
    ['forward by years', 1e9],
    ['back', -31],
    ['back to 1970', -NOON],
  ])('that jumps %s is not trusted', (_where, by) => {
    expect(verdictOf([at(0), at(1, NOON + 1 + by)])).toEqual(JUMPED);
  });

  test('that is corrected by less than a jump stays trusted', () => {
    expect(verdictOf([at(0), at(1, NOON + 31)])).toEqual({ trusted: true });
    expect(verdictOf([at(0), at(1, NOON - 29)])).toEqual({ trusted: true });
  });

  test('is trusted again once it has run evenly for long enough after its jump', () => {
    const jumped = [at(0), at(1, NOON + 1000), at(300.9, NOON + 1299.9)];
    expect(verdictOf(jumped)).toEqual(JUMPED);
    expect(verdictOf([...jumped, at(301, NOON + 1300)])).toEqual({ trusted: true });
  });

  test('that jumps again while it settles waits anew', () => {
    const twice = [at(0), at(1, NOON + 1000), at(200, NOON + 9999)];
    expect(verdictOf([...twice, at(400, NOON + 10_199)])).toEqual(JUMPED);
    expect(verdictOf([...twice, at(500, NOON + 10_299)])).toEqual({ trusted: true });
  });

  test('that jumps and jumps back has jumped', () => {
    expect(verdictOf([at(0), at(1, NOON + 1000), at(2, NOON + 2)])).toEqual(JUMPED);
  });

  test('of a machine that slept has jumped: its monotonic clock stood still', () => {
    expect(verdictOf([at(0), at(1, NOON + 3600)])).toEqual(JUMPED);
  });
});

test('an even clock is trusted however often and unevenly it is looked at', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 5000, noNaN: true })), (pauses) => {
      let now = 0;
      const readings = pauses.map((pause) => {
        now += pause;
        return at(now);
      });
      expect(verdictOf([at(0), ...readings]).trusted).toBe(true);
    }),
  );
});

test('whatever happened before, a clock that has just jumped is not trusted', () => {
  const reading = fc
    .tuple(fc.nat({ max: 1e6 }), fc.nat({ max: 4e9 }), fc.boolean())
    .map(([monotonic, wall, synchronised]) => at(monotonic, wall, synchronised));
  fc.assert(
    fc.property(fc.array(reading, { minLength: 1 }), fc.integer(), (history, by) => {
      fc.pre(Math.abs(by) > POLICY.jump_seconds);
      const last = history.at(-1) ?? at(0);
      const next = at(last.monotonic + 1, last.wall + 1 + by);
      expect(verdictOf([...history, next])).toEqual(JUMPED);
    }),
  );
});

describe('a record', () => {
  test('has expired when its expiry is not in the future', () => {
    expect(hasExpired({ expiry: 100 }, epochSeconds(99))).toBe(false);
    expect(hasExpired({ expiry: 100 }, epochSeconds(100))).toBe(true);
    expect(hasExpired({ expiry: 100 }, epochSeconds(101))).toBe(true);
  });

  test('without an expiry never expires', () => {
    expect(hasExpired({}, epochSeconds(1e12))).toBe(false);
  });
});
