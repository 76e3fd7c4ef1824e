import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cause } from './causes.ts';
import { planPoll, pollPhaseMs } from './plan-poll.ts';

const POLICY = { poll_seconds: 600, spread: 1, max_backoff_seconds: 600 };
const INTERVAL = 600_000;

describe('the fleet', () => {
  test('is spread evenly over the interval', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let id = 0; id < 10_000; id += 1) {
      const tenth = Math.floor((pollPhaseMs(id, POLICY) / INTERVAL) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(count).toBeGreaterThan(900);
  });

  test('is spread over a share of the interval when told so, and not at all with 0', () => {
    for (let id = 0; id < 100; id += 1) {
      expect(pollPhaseMs(id, { ...POLICY, spread: 0.1 })).toBeLessThan(INTERVAL / 10);
      expect(pollPhaseMs(id, { ...POLICY, spread: 0 })).toBe(0);
    }
  });
});

describe('the next poll', () => {
  const node = { id: 17, startedAt: 1000 };
  const phase = pollPhaseMs(17, POLICY);

  test('the first one too is at the node’s phase after the start', () => {
    expect(planPoll(POLICY, node, undefined)).toBe(1000 + phase);
  });

  test('keeps to the phase, however long fetches take and however late one was', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (endedAt) => {
        const due = planPoll(POLICY, node, { endedAt });
        expect(due).toBeGreaterThan(Math.min(endedAt, 1000 + phase) - 1);
        expect(due - endedAt).toBeLessThanOrEqual(INTERVAL + phase + 1000);
        expect(
          Math.abs(Math.round((due - 1000 - phase) / INTERVAL) - (due - 1000 - phase) / INTERVAL),
        ).toBeLessThan(1e-6);
      }),
    );
  });

  const afterFailures = (
    attempts: number,
    retryAfterSeconds?: number,
    random = 0.5,
    cause: Cause = 'plc-refuses',
  ) =>
    planPoll(POLICY, node, { endedAt: 0, failure: { attempts, cause, retryAfterSeconds, random } });

  test('after failures waits longer and longer, up to the bound, with chance in it', () => {
    expect(afterFailures(1)).toBe(1500);
    expect(afterFailures(2)).toBe(3000);
    expect(afterFailures(50, undefined, 1)).toBe(600_000);
    expect(afterFailures(1, undefined, 0)).toBeLessThan(afterFailures(1, undefined, 1));
  });

  test('waits up to an hour where PLC does not accept the key: each attempt mails people there', () => {
    const refused = (attempts: number) => afterFailures(attempts, undefined, 1, 'key-refused');
    expect([1, 2, 3, 50].map(refused)).toEqual([60_000, 120_000, 240_000, 3_600_000]);
    expect(afterFailures(50, undefined, 0, 'key-refused')).toBe(1_800_000);
  });

  test('obeys Retry-After, spread a little, and not beyond the bound', () => {
    expect(afterFailures(1, 120)).toBe(126_000);
    expect(afterFailures(1, 120, 0)).toBe(120_000);
    expect(afterFailures(1, 1e9, 0)).toBe(600_000);
    expect(afterFailures(1, 1)).toBe(1500);
  });
});
